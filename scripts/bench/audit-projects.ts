import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One template of about 178 kB with about 740 intrinsic functions, as a large real one has it: functions, roles, alarms, conditions, mappings. */
export function largeTemplate(): string {
  const lines = [head];
  for (let i = 0; i < 74; i++) lines.push(resourcesOf(i));
  return lines.join('\n');
}

/** Lays out a project of one large template. */
export function layOutLargeTemplate(folder: string): void {
  write(folder, 'template.yaml', largeTemplate());
  write(folder, 'src/app.py', code(0));
  write(folder, 'src/requirements.txt', 'requests==2.32.3\nboto3\n');
}

/** Lays out a repository with many functions, each in a folder of its own: half of them images. */
export function layOutMonorepo(folder: string, functions: number): void {
  const resources = Array.from({ length: functions }, (_, i) => (i % 2 === 0 ? zipFunction(i) : imageFunction(i)));
  write(folder, 'template.yaml', `Transform: AWS::Serverless-2016-10-31\nGlobals:\n  Function:\n    Timeout: 30\n    MemorySize: 512\nResources:\n${resources.join('')}`);
  for (let i = 0; i < functions; i++) {
    const own = `functions/f${i}`;
    write(folder, `${own}/app.py`, code(i));
    for (let module = 0; module < 8; module++) write(folder, `${own}/lib/part${module}.py`, code(i + module));
    write(folder, `${own}/requirements.txt`, 'requests==2.32.3\npydantic>=2\nnumpy\naws-lambda-powertools\n');
    if (i % 2 === 1) write(folder, `${own}/Dockerfile`, dockerfile);
  }
}

function write(folder: string, path: string, text: string): void {
  const full = join(folder, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
}

function code(seed: number): string {
  const helpers = Array.from({ length: 12 }, (_, i) => `def step_${seed}_${i}(value):\n    """Adds ${i} to a value."""\n    return {"value": value + ${i}, "name": "step ${i}", "path": "data/${i}.json"}\n`);
  return `import json\nimport os\nimport requests\nfrom aws_lambda_powertools import Logger\n\nlogger = Logger()\n\n${helpers.join('\n\n')}\n\ndef handler(event, context):\n    logger.info(event)\n    return json.dumps(step_${seed}_0(1))\n`;
}

const dockerfile = `FROM public.ecr.aws/lambda/python:3.12
RUN dnf install -y gcc tar && dnf clean all
COPY . .
RUN pip install -r requirements.txt
CMD ["app.handler"]
`;

function zipFunction(i: number): string {
  return `  Function${i}:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: functions/f${i}/\n      Handler: app.handler\n      Runtime: python3.12\n      Policies:\n        - S3ReadPolicy: {BucketName: !Sub 'data-\${AWS::StackName}-${i}'}\n`;
}

function imageFunction(i: number): string {
  return `  Function${i}:\n    Type: AWS::Serverless::Function\n    Metadata:\n      Dockerfile: Dockerfile\n      DockerContext: functions/f${i}\n      DockerTag: v1\n    Properties:\n      PackageType: Image\n      Architectures: [x86_64]\n      Environment:\n        Variables:\n          STAGE: !Ref AWS::StackName\n`;
}

const head = `AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
  Bucket: {Type: String, Default: data}
Mappings:
  Sizes:
    dev: {memory: 256, timeout: 10}
    prod: {memory: 1024, timeout: 60}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Globals:
  Function:
    Runtime: python3.12
    Handler: app.handler
    CodeUri: src/
    Environment:
      Variables:
        STAGE: !Ref Stage
Resources:`;

function resourcesOf(i: number): string {
  const statements = Array.from({ length: 4 }, (_, n) => `              - Sid: Allow${i}Number${n}
                Effect: Allow
                Action: ['s3:GetObject', 's3:PutObject', 'dynamodb:GetItem', 'dynamodb:Query']
                # what the function number ${i} needs of the resource number ${n}
                Resource: 'arn:aws:s3:::some-rather-long-bucket-name-${i}-${n}/prefix/*'`);
  return `  Function${i}:
    Type: AWS::Serverless::Function
    Properties:
      MemorySize: !FindInMap [Sizes, !Ref Stage, memory]
      Timeout: !If [IsProd, 60, 10]
      Role: !GetAtt Role${i}.Arn
      Environment:
        Variables:
          BUCKET: !Sub '\${Bucket}-\${AWS::Region}-${i}'
          TABLE: !Join ['-', [!Ref Stage, table, '${i}']]
  Role${i}:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub '\${AWS::StackName}-role-${i}'
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
${statements.join('\n')}
  Alarm${i}:
    Type: AWS::CloudWatch::Alarm
    Condition: IsProd
    Properties:
      MetricName: Errors
      Namespace: AWS/Lambda
      Dimensions: [{Name: FunctionName, Value: !Ref Function${i}}]
      AlarmDescription: !Sub 'Function ${i} of \${Stage} fails more often than it should'
      Threshold: 1
      Period: 300
      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold`;
}
