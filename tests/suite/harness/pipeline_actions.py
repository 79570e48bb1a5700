"""What CodePipeline's own actions do, as its action reference says: called as the role that the caller's profile
names, with an action and its arguments as JSON; writes the answer as JSON."""

import json
import sys
import time

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


def credentials():
    """What CodeBuild gives to what it runs: the credentials of its role."""
    found = boto3.Session().get_credentials().get_frozen_credentials()
    return {"AccessKeyId": found.access_key, "SecretAccessKey": found.secret_key, "Token": found.token}


action, arguments = sys.argv[1], json.loads(sys.argv[2])
try:
    answer = {"prepare": prepare, "execute": execute, "publish": publish, "credentials": credentials}[action](**arguments)
except ClientError as error:
    answer = {"error": error.response["Error"]["Code"]}
print(json.dumps(answer))
