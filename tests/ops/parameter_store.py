"""Parameter Store in memory, as far as this library calls it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

_LARGEST = 8192


class ParameterNotFoundError(ClientError):
    """What a client's `exceptions.ParameterNotFound` is."""


def aws_error(code: str, message: str, operation: str = "Operation", status: int = 400) -> ClientError:
    """The error that boto3 raises when a service refuses a call."""
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    kind = ParameterNotFoundError if code == "ParameterNotFound" else ClientError
    return kind(response, operation)


def page(found: list[Any], member: str, token: str) -> dict[str, Any]:
    """An answer with two at a time, so that whoever forgets the next page is found out."""
    start = int(token)
    rest = {"NextToken": str(start + 2)} if start + 2 < len(found) else {}
    return {member: found[start : start + 2], **rest}


class ParameterStore:
    """The operations.

    Attributes:
        parameters: Versions by name, the oldest first; or one text, of which there is no history.
    """

    parameters: dict[str, Any]

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 - the API's word
        """GetParameter."""
        return {"Parameter": {"Value": self._versions(Name, "GetParameter")[-1]}}

    def get_parameter_history(self, Name: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - the API's words
        """GetParameterHistory."""
        versions = enumerate(self._versions(Name, "GetParameterHistory"), 1)
        return page([{"Value": value, "Version": number} for number, value in versions], "Parameters", NextToken)

    def get_parameters_by_path(self, Path: str, Recursive: bool, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - the API's words
        """GetParametersByPath."""
        assert Recursive
        names = [name for name in sorted(self.parameters) if name.startswith(f"{Path}/")]
        found = [{"Name": name, "Value": self._versions(name, "GetParametersByPath")[-1]} for name in names]
        return page(found, "Parameters", NextToken)

    def put_parameter(self, Name: str, Value: str, Overwrite: bool, **_: object) -> dict[str, Any]:  # noqa: N803 - the API's words
        """PutParameter."""
        if Name in self.parameters and not Overwrite:
            raise aws_error("ParameterAlreadyExists", Name, "PutParameter")
        if len(Value.encode()) > _LARGEST or not Value:
            raise aws_error("ValidationException", "value too long", "PutParameter")
        self.keep(Name, Value)
        return {}

    def delete_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803 - the API's word
        """DeleteParameters."""
        for name in Names:
            self.parameters.pop(name, None)
        return {}

    def keep(self, name: str, value: str) -> None:
        """Add a version; a hundred are kept."""
        self.parameters[name] = [*self.parameters.get(name, []), value][-100:]

    def _versions(self, name: str, operation: str) -> list[str]:
        if name not in self.parameters:
            raise aws_error("ParameterNotFound", name, operation)
        found = self.parameters[name]
        return [found] if isinstance(found, str) else found
