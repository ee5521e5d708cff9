"""The captured files of an endpoint as a table for Athena; nobody has to add partitions to it."""

from __future__ import annotations

import re

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from constructs import Construct

from shadow_constructs.endpoint.shadow_endpoint import ShadowEndpoint
from shadow_constructs.placing.given import Part, check_given
from shadow_ops.contract.checks import plain
from shadow_ops.contract.problems import refuse

_NAME = re.compile(r"[a-z0-9_]{1,255}")
# Each line as it is: what a record is, every engine decides alike, and one line that is none fails no query.
_COLUMNS = {"line": "string"}
_LINE = "(?s)(.*)"
_KEYS = {"endpoint": "string", "variant": "string", "day": "string", "hour": "int"}
# A table can't look further back than a bucket keeps files, and a day without files costs a query nothing.
_FIRST_DAY = "2024/01/01"


class CaptureTable(Part):
    """A Glue database and table over an endpoint's captured files, for ``shadow-test responses --engine athena``.

    Hours are found by partition projection: there is no crawler, and nothing to repair. It costs nothing by itself.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        endpoint: The endpoint whose captured files it is over; in the same stack.
        database: The database's name; small letters, digits and ``_``. By default made of the endpoint's name.

    Attributes:
        table: Database and table, as ``--athena-table`` takes them.
        cfn_table: The table resource, for what the library doesn't offer.

    Raises:
        InvalidValueError: If the endpoint captures nothing, or the database's name is none.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint: ShadowEndpoint, database: str | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        check_given(self, "endpoint", endpoint, ShadowEndpoint, "be a ShadowEndpoint(...)")
        captured = endpoint.capture_destination
        if captured is None:
            refuse("CaptureTable", "endpoint", "capture something", "Capture.off()", "write Capture() in its test")
        usual = f"shadow_test_{re.sub('[^a-z0-9]', '_', endpoint.endpoint_name.lower())}"
        name = usual if database is None else plain(database)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            refuse("CaptureTable", "database", "be a name of small letters, digits and _", database)
        made = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=name, description=f"Captured requests and answers of {endpoint.endpoint_name}"
            ),
        )
        location = f"{captured.uri}/"
        self.cfn_table = glue.CfnTable(
            self,
            "Table",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_name=name,
            table_input=glue.CfnTable.TableInputProperty(
                name="captured",
                table_type="EXTERNAL_TABLE",
                partition_keys=_columns(_KEYS),
                parameters={
                    "projection.enabled": "true",
                    # A query names them; nothing has to be listed, and a variant of tomorrow is there too.
                    "projection.endpoint.type": "injected",
                    "projection.variant.type": "injected",
                    "projection.day.type": "date",
                    "projection.day.format": "yyyy/MM/dd",
                    "projection.day.range": f"{_FIRST_DAY},NOW",
                    "projection.hour.type": "integer",
                    "projection.hour.range": "0,23",
                    "projection.hour.digits": "2",
                    "storage.location.template": f"{location}${{endpoint}}/${{variant}}/${{day}}/${{hour}}/",
                },
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=_columns(_COLUMNS),
                    location=location,
                    input_format="org.apache.hadoop.mapred.TextInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        # Athena User Guide, Regex SerDe.
                        serialization_library="org.apache.hadoop.hive.serde2.RegexSerDe",
                        parameters={"input.regex": _LINE},
                    ),
                ),
            ),
        )
        self.cfn_table.add_resource_dependency(made)
        self.table = f"{name}.captured"
        cdk.CfnOutput(self, "Name", value=self.table, description="For shadow-test responses --athena-table")


def _columns(types: dict[str, str]) -> list[glue.CfnTable.ColumnProperty]:
    return [glue.CfnTable.ColumnProperty(name=name, type=one) for name, one in types.items()]
