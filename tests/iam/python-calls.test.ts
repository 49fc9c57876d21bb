import { describe, expect, it } from 'vitest';
import { pythonUsage } from '../../src/iam/python-calls.ts';
import { tokenizePython } from '../../src/model/python-tokens.ts';

/** Every action with what it acts on (`?` where that cannot be told), and the services in doubt. */
function seen(...texts: readonly string[]): { readonly needs: readonly string[]; readonly doubts: readonly string[] } {
  const usage = pythonUsage(texts.map((text, i) => ({ source: { path: `${i}.py`, text }, tokens: tokenizePython(text) })));
  const needs = usage.needs.map(({ action, on, part }) => `${action} ${part === 'any' ? '-' : (on?.map((one) => (one.kind === 'variable' ? `$${one.name}` : one.text)).join('|') ?? '?')}`);
  return { needs: needs.toSorted(), doubts: [...new Set(usage.doubts.flatMap(({ services }) => services))].toSorted() };
}

const cases: readonly (readonly [what: string, code: string, needs: readonly string[], doubts: readonly string[]])[] = [
  ['a client of a module', "import boto3\ns3 = boto3.client('s3')\ns3.get_object(Bucket='b', Key='k')", ['s3:GetObject b', 's3:ListBucket b'], []],
  ['a client in a method', "import os, boto3\nclass A:\n  def __init__(self):\n    self.q = boto3.Session().client('sqs', region_name='x')\n  def go(self, q):\n    q.send_message(QueueUrl=os.environ['Q'])", ['sqs:SendMessage $Q'], []],
  ['a constant, a getenv with a default, a dotted name', "import os, boto3, conf\nT = os.getenv('T', 'x')\nd = boto3.client('dynamodb')\nd.put_item(TableName=T)\nd.get_item(TableName=conf.T)", ['dynamodb:GetItem $T', 'dynamodb:PutItem $T'], []],
  ['a name that a loop binds', "import boto3\nd = boto3.client('dynamodb')\nT = 'a'\nfor T in names:\n  d.scan(TableName=T)", ['dynamodb:Scan ?'], []],
  ['a name that is a parameter elsewhere', "import boto3\nd = boto3.client('dynamodb')\nT = 'a'\ndef f(T):\n  d.scan(TableName=T)", ['dynamodb:Scan ?'], []],
  ['a name in a tuple, with a walrus, and added to', "import boto3\nd = boto3.client('dynamodb')\nA, B = 'a', 'b'\nC = 'c'\nC += 'd'\nE = 'e'\nif (E := f()):\n  pass\nd.scan(TableName=A)\nd.query(TableName=C)\nd.put_item(TableName=E)", ['dynamodb:PutItem ?', 'dynamodb:Query ?', 'dynamodb:Scan ?'], []],
  ['two assignments', "import os, boto3\nd = boto3.client('dynamodb')\nif x:\n  T = 'a'\nelse:\n  T = os.environ['T']\nd.scan(TableName=T)", ['dynamodb:Scan a|$T'], []],
  ['a variable that the code sets', "import os, boto3\nos.environ['T'] = 'b'\nboto3.client('dynamodb').scan(TableName=os.environ['T'])", ['dynamodb:Scan ?'], []],
  ['an index', "import os, boto3\nboto3.client('dynamodb').query(TableName='t', IndexName='i')", ['dynamodb:Query t', 'dynamodb:Query t'], []],
  ['a table object', "import os, boto3\nt = boto3.resource('dynamodb').Table(os.environ['T'])\nt.put_item(Item={})\nwith t.batch_writer() as b:\n  b.put_item(Item={})", ['dynamodb:BatchWriteItem $T', 'dynamodb:PutItem $T'], []],
  ['a bucket object', "import boto3\nboto3.resource('s3').Bucket('b').upload_file('f', 'k')", ['s3:AbortMultipartUpload b', 's3:PutObject b'], []],
  ['an upload by position', "import boto3\nboto3.client('s3').upload_fileobj(f, 'b', 'k', ExtraArgs={'ACL': 'private'})", ['s3:AbortMultipartUpload b', 's3:GetObjectVersion b', 's3:PutObject b', 's3:PutObjectAcl b', 's3:PutObjectTagging b'], []],
  ['a paginator and a waiter', "import boto3\ns = boto3.client('s3')\ns.get_paginator('list_objects_v2').paginate(Bucket='b')\ns.get_waiter('object_exists').wait(Bucket='b', Key='k')", ['s3:GetObject b', 's3:ListBucket b'], []],
  ['a presigned address', "import boto3\nboto3.client('s3').generate_presigned_url('put_object', Params={'Bucket': 'b', 'Key': 'k'})", ['s3:PutObject b'], []],
  ['a method that is handed on', "import boto3\ns = boto3.client('s3')\nlist(map(s.delete_object, keys))", ['s3:DeleteObject ?'], []],
  ['a call in an f-string', "import boto3\ns = boto3.client('sts')\nt = boto3.client('dynamodb')\nprint(f\"{t.scan(TableName='a')['Count']}\")", ['dynamodb:Scan ?'], []],
  ['invoke and batches', "import boto3\nboto3.client('lambda').invoke(FunctionName='f')\nboto3.client('sns').publish_batch(TopicArn='a')", ['lambda:InvokeFunction f', 'sns:Publish a'], []],
  ['a name of an operation by getattr', "import boto3\ns = boto3.client('s3')\ngetattr(s, 'put_object')(Bucket='b')", ['s3:PutObject ?'], []],
  ['a computed operation', "import boto3\ns = boto3.client('s3')\ngetattr(s, name)()", [], ['*']],
  ['a computed service', 'import boto3\nboto3.client(name)', [], ['*']],
  ['a service that is not known', "import boto3\nboto3.client('glue').start_job_run(JobName='j')", [], ['*']],
  ['the factory handed on', "import boto3\nfrom functools import partial\nmake = partial(boto3.client, 's3')", [], ['*']],
  ['the factory under another name', "from boto3 import client as c\nc('s3').get_object()", [], ['*']],
  ['the module handed on', "import boto3\nsetup(boto3)", [], ['*']],
  ['credentials taken out', "import boto3\nboto3.Session().get_credentials()", [], ['*']],
  ['an operation that is not known', "import boto3\ns = boto3.client('s3')\ns.do_wonders(Bucket='b')", [], ['*']],
  ['a service that acts for the function', "import boto3\nboto3.client('textract').analyze_document(Document={})", ['textract:AnalyzeDocument -'], ['iam', 'kms', 's3', 'sns']],
  ['a call that hands on a role', "import boto3\nboto3.client('events').put_targets(Rule='r')", ['events:PutTargets ?'], ['events', 'iam', 'kms']],
  ['comments and strings', "import boto3\ns = boto3.client('s3')\n# s.get_object()\nx = 's.put_object()'", [], []],
  ['no AWS at all', "import requests\nrequests.get('x')", [], []],
];

describe('what Python may call', () => {
  it.each(cases)('%s', (_, code, needs, doubts) => {
    expect(seen(code)).toEqual({ needs, doubts });
  });

  it('follows constants from one file to another', () => {
    expect(seen("from conf import TABLE\nimport boto3\nboto3.client('dynamodb').scan(TableName=TABLE)", "import os\nTABLE: str = os.environ['T']").needs).toEqual(['dynamodb:Scan $T']);
  });

  it('counts a method of any object once a client of its service is somewhere', () => {
    expect(seen('def go(queue):\n  queue.delete_message(QueueUrl=queue.url)', "import boto3\ngo(boto3.client('sqs'))").needs).toEqual(['sqs:DeleteMessage ?']);
  });
});
