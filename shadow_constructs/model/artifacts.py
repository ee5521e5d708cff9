"""From an artifact value to its place in S3, and to what a role has to read there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from shadow_constructs.placing.given import in_one_line
from shadow_constructs.values.artifact import Artifact, LocalArchive, S3Archive, S3Folder, S3Unknown


@dataclass(frozen=True)
class ResolvedArtifact:
    """A model's files as they stand in a template.

    Attributes:
        uri: S3 address; may contain CDK tokens.
        is_folder: Whether the files lie uncompressed under the address.
    """

    uri: str
    is_folder: bool


def resolve_artifact(scope: Construct, artifact: Artifact) -> ResolvedArtifact:
    """Find an artifact's S3 address; a local archive becomes an asset whose key is its content's hash."""
    match artifact:
        case S3Archive(uri):
            return ResolvedArtifact(uri, is_folder=False)
        case S3Unknown(uri):
            return ResolvedArtifact(uri, is_folder=True)
        case S3Folder(uri):
            return ResolvedArtifact(uri, is_folder=True)
        case LocalArchive(path):
            with in_one_line(scope, "artifact", path):
                asset = s3_assets.Asset(scope, "Artifact", path=str(Path(path).resolve()))
            # Not asset.s3_object_url, which is one opaque token: the role's policy needs bucket and key apart.
            return ResolvedArtifact(f"s3://{asset.s3_bucket_name}/{asset.s3_object_key}", is_folder=False)
