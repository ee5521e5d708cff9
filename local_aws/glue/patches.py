"""Work-arounds for defects of the pinned ministack; each says what goes wrong without it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import botocore.loaders

from local_aws.glue import private
from local_aws.loose import Foreign


def apply() -> None:
    """Apply every work-around."""
    _compare_attributes_in_change_sets()
    _know_services_without_loading_them()
    _keep_bucket_tags()


def _compare_attributes_in_change_sets() -> None:
    """Let a change set tell one Fn::GetAtt from another.

    ministack resolves both templates without resources, where any two attributes come out equal: a model that is
    re-pointed looks like "no changes" and `cdk deploy` does nothing.
    """
    changesets = private.module("services.cloudformation.changesets")
    original = changesets._resolve_props_for_diff

    def resolve(template: dict[str, Foreign], *rest: Foreign) -> Foreign:
        return original(mark_attributes(template), *rest)

    changesets._resolve_props_for_diff = resolve


def mark_attributes(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template whose resource properties name the attributes they read as plain text."""
    if not template:
        return template
    marked = dict(template)
    marked["Resources"] = {
        name: {**resource, "Properties": _marked(copy.deepcopy(resource["Properties"]))}
        if isinstance(resource.get("Properties"), dict)
        else resource
        for name, resource in template.get("Resources", {}).items()
    }
    return marked


def _marked(value: Foreign) -> Foreign:
    if isinstance(value, dict):
        if value.keys() == {"Fn::GetAtt"}:
            # A stored template has the list, a new one in YAML may have the text with a dot: both mean the same.
            attribute = value["Fn::GetAtt"]
            return f"Fn::GetAtt {'.'.join(attribute) if isinstance(attribute, list) else attribute}"
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return value


def _know_services_without_loading_them() -> None:
    """Name the known services by botocore's directories.

    ministack loads every API model of botocore, 450 MB, at the first request for a service it does not have.
    """
    router = private.module("core.router")
    router._KNOWN_AWS_SERVICE_NAMES = frozenset(botocore.loaders.Loader().list_available_services("service-2"))


def _keep_bucket_tags() -> None:
    """Give buckets the tags their templates set, which ministack drops; autoDeleteObjects looks for its own."""
    handlers = private.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    handlers["create"] = _tagging(handlers["create"], properties_at=1)
    handlers["update"] = _tagging(handlers["update"], properties_at=2)


def _tagging(original: Callable[..., Any], properties_at: int) -> Callable[..., Any]:
    def handler(*args: Foreign) -> Foreign:
        result = original(*args)
        tags = args[properties_at].get("Tags") or []
        private.module("services.s3")._bucket_tags[result[0]] = {tag["Key"]: tag["Value"] for tag in tags}
        return result

    return handler
