"""A user name with its password, wherever `dialer.yaml` has one for SIP."""

from __future__ import annotations

from pydantic import SecretStr, model_validator

from dialer.reading.fields import SecretFile, SecretVariable, UserName, wrong
from dialer.reading.validate import Section


class Credentials(Section):
    """A user name, and its password from a file or the environment."""

    username: UserName
    """The user name."""
    password_file: SecretFile | None = None
    """The file that holds the password."""
    password_env: SecretVariable | None = None
    """The environment variable that holds it instead."""

    @model_validator(mode="after")
    def _one_password(self) -> Credentials:
        if (self.password_file is None) is (self.password_env is None):
            raise wrong("give the password by password_file or by password_env, one of them")
        return self

    @property
    def password(self) -> SecretStr:
        """The password, from wherever it came."""
        found = self.password_file or self.password_env
        assert found is not None  # noqa: S101 -- _one_password has seen to it
        return found
