"""The calls about protection and licences (reference 3.13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloudfs.providers.cloud689 import answers
from cloudfs.providers.cloud689.answers import Licence
from cloudfs.providers.cloud689.connection import Connection
from cloudfs.providers.cloud689.forms import Fields, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What those who have a protected file may do; None leaves it as it is, or to the service."""

    label: str | None = None
    printable: int | None = None  # how often
    editable: int | None = None
    expiry_date: str | None = None  # YYYY/MM/DD
    local_copy: int | None = None

    def fields(self) -> Fields:
        """The terms as calls take them."""
        return {
            "label": self.label,
            "printable": self.printable,
            "editable": self.editable,
            "expiry_date": self.expiry_date,
            "local_copy": self.local_copy,
        }


class LicenceCalls:
    """One request each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def start(self, project: str, files: Sequence[str], terms: Terms) -> None:
        """Begin to protect files, for all members of the project."""
        await self._connection.post(
            "encode/start/license",
            {"file_ids": listed(list(files)), "project_id": project, **terms.fields()},
        )

    async def status(self, files: Sequence[str]) -> Mapping[str, int]:
        """How far the protection of files is."""
        answer = await self._connection.post(
            "encode/status", {"file_ids": listed(list(files))}, again=True
        )
        return answers.encodings(answer.result)

    async def register(self, project: str, files: Sequence[str], licence: Licence) -> None:
        """Give files a licence; all of its terms are needed, and those not set are zero."""
        await self._connection.post(
            "license/register",
            {
                "file_ids": listed(list(files)),
                "project_id": project,
                "printable": licence.printable or 0,
                "editable": licence.editable or 0,
                "expiry_date": licence.expiry or "",
                "local_copy": licence.local_copies or 0,
                "label": licence.label,
            },
        )

    async def info(self, project: str, file: str) -> Licence | None:
        """The licence of a file; None if it has none. Raises NotFound."""
        answer = await self._connection.post(
            "license/info", {"file_id": file, "project_id": project}, again=True
        )
        return answers.licence(answer.result)

    async def update(
        self, project: str, files: Sequence[str], terms: Terms, *, delete: bool = False
    ) -> None:
        """Change the licence of files, or take it away."""
        await self._connection.post(
            "license/update",
            {
                "file_ids": listed(list(files)),
                "project_id": project,
                **terms.fields(),
                "delete": True if delete else None,
            },
        )
