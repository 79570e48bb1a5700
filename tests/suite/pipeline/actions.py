"""What CodePipeline's own actions do, as its action reference says: called as the role that the caller's profile
names, with an action and its arguments as JSON; writes the answer as JSON."""

import io
import json
import pathlib
import sys
import time
import zipfile

import boto3
from botocore.exceptions import ClientError


def waited(look, until):
    while True:
        found = look()
        if until(found):
            return found
        time.sleep(0.02)


def prepare(stack, change_set, template, configuration, role):
    """CHANGE_SET_REPLACE."""
    service = boto3.client("cloudformation")
    try:
        status = service.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        is_new = status == "REVIEW_IN_PROGRESS"
    except ClientError:
        is_new = True
    if not is_new:
        service.delete_change_set(StackName=stack, ChangeSetName=change_set)
    settings = json.loads(configuration)
    service.create_change_set(
        StackName=stack,
        ChangeSetName=change_set,
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in settings["Parameters"].items()],
        Tags=[{"Key": key, "Value": value} for key, value in settings["Tags"].items()],
        Capabilities=["CAPABILITY_IAM"],
        RoleARN=role,
    )
    found = waited(
        lambda: service.describe_change_set(StackName=stack, ChangeSetName=change_set),
        lambda found: found["Status"] in ("CREATE_COMPLETE", "FAILED"),
    )
    return {"status": found["Status"], "reason": found.get("StatusReason")}


def execute(stack, change_set):
    """CHANGE_SET_EXECUTE."""
    service = boto3.client("cloudformation")
    service.execute_change_set(StackName=stack, ChangeSetName=change_set)
    found = waited(
        lambda: service.describe_stacks(StackName=stack)["Stacks"][0],
        lambda found: not found["StackStatus"].endswith("_IN_PROGRESS"),
    )
    return {"status": found["StackStatus"]}


def publish(bucket, key, file):
    """The S3 action, of one file that it has extracted."""
    with open(file, "rb") as body:
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return {}


def store(bucket, key, folder):
    """What a build hands on: a zip that knows no modes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file():
                files.writestr(str(path.relative_to(folder)), path.read_bytes())
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=archive.getvalue())
    return {}


def load(bucket, key, folder):
    """What a build finds."""
    archive = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        files.extractall(folder)
    return {}


def provision(account, app, stage, bucket, key):
    """What CloudFormation's resource handlers do to a stage's resources as the stack's role, from reading to deleting
    them; answers the calls that were refused, and those to somebody else's resources that were not."""
    root = boto3.Session(aws_access_key_id=account, aws_secret_access_key="test", profile_name=None)
    stacks = root.client("cloudformation")

    def physical(part):
        listed = stacks.list_stack_resources(StackName=f"{app}-{stage}-{part}")
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed["StackResourceSummaries"]}

    found = {**physical("Stateful"), **physical("Stateless")}
    role_name = f"{app}-{stage}-Stateless-APIHandlerRole-NEW"
    role = f"arn:aws:iam::{account}:role/{role_name}"
    group = f"{app}-{stage}-Stateless-APIHandlerLogs-NEW"
    function = f"{app}-{stage}-Stateless-APIHandler-NEW"
    table = f"{app}-{stage}-Stateful-Table"
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]})
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    tags = {"umb:app": app}
    dynamodb, iam, functions = boto3.client("dynamodb"), boto3.client("iam"), boto3.client("lambda")
    logs, watch, api = boto3.client("logs"), boto3.client("cloudwatch"), boto3.client("apigateway")
    alarm = {
        "AlarmName": f"{app}-{stage}-Stateless-APIErrors", "Namespace": "N", "MetricName": "M", "Statistic": "Sum",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold",
    }
    calls = [
        lambda: dynamodb.describe_table(TableName=table),
        lambda: dynamodb.describe_continuous_backups(TableName=table),
        lambda: dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        ),
        lambda: dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False),
        lambda: iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=trust),
        lambda: iam.put_role_policy(RoleName=role_name, PolicyName="P", PolicyDocument=policy),
        lambda: iam.get_role(RoleName=found["APIHandlerRole"]),
        lambda: iam.get_role_policy(RoleName=found["APIHandlerRole"], PolicyName="Table"),
        lambda: iam.update_assume_role_policy(RoleName=found["APIHandlerRole"], PolicyDocument=trust),
        lambda: logs.create_log_group(logGroupName=group, tags=tags),
        lambda: logs.put_retention_policy(logGroupName=group, retentionInDays=1),
        lambda: logs.describe_log_groups(logGroupNamePrefix=app),
        lambda: functions.create_function(
            FunctionName=function, Role=role, Runtime="provided.al2023", Handler="bootstrap",
            Code={"S3Bucket": bucket, "S3Key": key}, Tags=tags,
        ),
        lambda: functions.get_function(FunctionName=found["APIHandler"]),
        lambda: functions.update_function_configuration(FunctionName=found["APIHandler"], MemorySize=256),
        lambda: functions.update_function_code(FunctionName=found["APIHandler"], S3Bucket=bucket, S3Key=key),
        lambda: functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1),
        lambda: functions.delete_function_concurrency(FunctionName=function),
        lambda: functions.add_permission(
            FunctionName=function, StatementId="S", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
        ),
        lambda: functions.get_policy(FunctionName=function),
        lambda: functions.remove_permission(FunctionName=function, StatementId="S"),
        lambda: watch.put_metric_alarm(**alarm),
        lambda: watch.describe_alarms(AlarmNames=[alarm["AlarmName"]]),
        lambda: watch.get_dashboard(DashboardName=found["Dashboard"]),
        lambda: watch.put_dashboard(DashboardName=found["Dashboard"], DashboardBody="{}"),
        lambda: api.get_rest_api(restApiId=found["RestAPI"]),
        lambda: api.get_account(),
        lambda: api.get_stage(restApiId=found["RestAPI"], stageName="v1"),
        lambda: api.create_deployment(restApiId=found["RestAPI"]),
        lambda: api.delete_stage(restApiId=found["RestAPI"], stageName="v1"),
        lambda: api.delete_rest_api(restApiId=found["RestAPI"]),
        lambda: watch.delete_alarms(AlarmNames=[alarm["AlarmName"]]),
        lambda: watch.delete_dashboards(DashboardNames=[found["Dashboard"]]),
        lambda: functions.delete_function(FunctionName=function),
        lambda: functions.delete_function(FunctionName=found["APIHandler"]),
        lambda: logs.delete_log_group(logGroupName=group),
        lambda: iam.delete_role_policy(RoleName=role_name, PolicyName="P"),
        lambda: iam.delete_role(RoleName=role_name),
        lambda: dynamodb.delete_table(TableName=table),
    ]
    foreign = [
        lambda: dynamodb.create_table(
            TableName="Someones", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        ),
        lambda: dynamodb.scan(TableName=table),
        lambda: iam.create_role(RoleName="Someones", AssumeRolePolicyDocument=trust),
        lambda: iam.put_role_policy(RoleName=f"{app}-Deployment-eu-west-1", PolicyName="P", PolicyDocument=policy),
        lambda: logs.create_log_group(logGroupName="Someones"),
        lambda: functions.delete_function(FunctionName="Someones"),
        lambda: watch.put_metric_alarm(**{**alarm, "AlarmName": "Someones"}),
        lambda: boto3.client("s3").list_buckets(),
        lambda: boto3.client("sns").create_topic(Name=f"{app}-Topic"),
    ]
    return {
        "refused": [refusal for refusal in map(refused, calls) if refusal],
        "allowed": [number for number, call in enumerate(foreign) if not refused(call)],
    }


def refused(call):
    """How a call was refused for want of permission."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError"):
            return str(error)
        # Whoever gets as far as another error was let in.
    return None


def credentials():
    """What CodeBuild gives to what it runs: the credentials of its role."""
    found = boto3.Session().get_credentials().get_frozen_credentials()
    return {"AccessKeyId": found.access_key, "SecretAccessKey": found.secret_key, "Token": found.token}


action, arguments = sys.argv[1], json.loads(sys.argv[2])
try:
    answer = globals()[action](**arguments)
except ClientError as error:
    answer = {"error": error.response["Error"]["Code"]}
print(json.dumps(answer))
