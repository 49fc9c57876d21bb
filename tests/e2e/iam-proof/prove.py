"""Deploys a template to a stand-in of AWS, runs its function's code under the role that the template gives it, and tells
what that role may do. Reads JSON from standard input, writes JSON to standard output."""
import json
import os
import sys
import time

import boto3

given = json.load(sys.stdin)
admin = boto3.Session(region_name='us-east-1', aws_access_key_id='123456789012', aws_secret_access_key='local')
client = lambda session, service: session.client(service, endpoint_url=given['url'])

formation = client(admin, 'cloudformation')
formation.create_stack(StackName=given['name'], TemplateBody=given['template'], Capabilities=['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'])
while True:
    stack = formation.describe_stacks(StackName=given['name'])['Stacks'][0]
    if not stack['StackStatus'].endswith('IN_PROGRESS'):
        break
    time.sleep(0.1)
if stack['StackStatus'] != 'CREATE_COMPLETE':
    print(json.dumps({'status': stack['StackStatus'], 'reason': stack.get('StackStatusReason')}))
    sys.exit()
names = {one['LogicalResourceId']: one['PhysicalResourceId'] for one in formation.describe_stack_resources(StackName=given['name'])['StackResources']}
function = client(admin, 'lambda').get_function_configuration(FunctionName=names['Fn'])
variables = function['Environment']['Variables']


def filled(arguments):
    return {key: variables.get(value[1:], value) if isinstance(value, str) and value.startswith('$') else value for key, value in arguments.items()}


for service, operation, arguments in given['before']:
    getattr(client(admin, service), operation)(**filled(arguments))

credentials = client(admin, 'sts').assume_role(RoleArn=function['Role'], RoleSessionName='proof')['Credentials']
os.environ.update(variables, AWS_ENDPOINT_URL=given['url'], AWS_DEFAULT_REGION='us-east-1', AWS_ACCESS_KEY_ID=credentials['AccessKeyId'], AWS_SECRET_ACCESS_KEY=credentials['SecretAccessKey'], AWS_SESSION_TOKEN=credentials['SessionToken'])
scope = {}
exec(compile(given['code'], 'index.py', 'exec'), scope)
try:
    result = scope['handler']({}, None)
except Exception as error:
    result = f'{type(error).__name__}: {error}'

role = boto3.Session(region_name='us-east-1')
denied = {}
for service, operation, arguments in given['forbidden']:
    try:
        getattr(client(role, service), operation)(**filled(arguments))
        denied[operation] = 'allowed'
    except Exception as error:
        denied[operation] = getattr(error, 'response', {}).get('Error', {}).get('Code', repr(error))

resources = [variables.get(arn[1:], arn) for arn in given['resources']]
for logical, physical in names.items():
    # A queue's physical name is its URL.
    resources = [arn.replace('${' + logical + '}', physical.rsplit('/', 1)[-1] if physical.startswith('http') else physical) for arn in resources]
allowed = set()
iam = client(admin, 'iam')
for resource in resources:
    for start in range(0, len(given['actions']), 100):
        simulated = iam.simulate_principal_policy(PolicySourceArn=function['Role'], ActionNames=given['actions'][start:start + 100], ResourceArns=[resource])
        allowed.update(one['EvalActionName'] for one in simulated['EvaluationResults'] if one['EvalDecision'] == 'allowed')
print(json.dumps({'status': stack['StackStatus'], 'result': result, 'denied': denied, 'allowed': sorted(allowed)}))
