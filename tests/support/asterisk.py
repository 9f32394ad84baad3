"""A real Asterisk 22 on free loopback ports, with the configuration of `deploy/asterisk/`.

`make peers` put the program below `.cache`. It runs in the foreground from a folder of its own,
and is ended by its process id.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
import wave
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from audio.format import Samples
from audio.prompts import read_wav
from deploy.setup import asterisk
from deploy.setup.checkout import Checkout
from dialer.demo.files import free_ports, free_rtp_ports
from sipp_scenarios.media import speak
from tests.support.certificates import Certificate
from tests.support.waiting import until

PASSWORD: Final = "a password of the tests"

_REPOSITORY: Final = Path(__file__).resolve().parents[2]
_CONFIG: Final = _REPOSITORY / "deploy" / "asterisk"
_START_SECONDS: Final = 30.0
_COMMAND_SECONDS: Final = 10.0
_RTP_PORTS: Final = 2000


class Asterisk:
    """Asterisk at 127.0.0.1:`port`, as a context manager.

    With a `certificate` it speaks TLS at `tls_port` as well. Calls from 127.0.0.1 come from the
    dialer; `outside` is whom numbers ending in 20 reach, and `dialer_port` where calls to the
    dialer go. `says` is what callees say, 8 kHz mu-law instead of a spoken question. With `proves`
    calls to the endpoint `proving` answer the dialer's challenge by this password, by TLS where
    there is a certificate, which is shown.
    """

    def __init__(
        self,
        outside: str = "sip:127.0.0.1:9",
        dialer_port: int = 9,
        says: bytes | None = None,
        certificate: Certificate | None = None,
        proves: str = "",
    ) -> None:
        self._root = asterisk.root(Checkout(_REPOSITORY))
        if not self._root.folder.exists():
            raise FileNotFoundError("Asterisk is not there: run `make peers`")
        self.port, self.tls_port = free_ports(2)
        self._certificate = certificate
        self._proves = proves
        self._rtp_port = free_rtp_ports(1)[0]
        self._outside = outside
        self._says = says
        self._dialer_port = dialer_port
        # Not the test's own: the path of the control socket must stay below 108 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="asterisk-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._write()
            self.start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._leave()

    @property
    def uri(self) -> str:
        return f"sip:127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def heard(self) -> Samples:
        """What the callee ending in 09 of the last call heard, at 8 kHz; it is kept no longer."""
        await until(lambda: self.channels() == 0)
        (recording,) = self._recordings.iterdir()
        # The length of the sound is written into it last, and maybe after the channel has gone.
        await until(lambda: _frames_of(recording) > 0)
        sound = read_wav(recording, 8000).samples
        recording.unlink()
        return sound

    @property
    def _recordings(self) -> Path:
        return self._folder / "recordings"

    def start(self) -> None:
        """Returns once it takes calls; RuntimeError with what it said where it does not."""
        with (self._folder / "output").open("ab") as out:
            self._process = subprocess.Popen(
                [*self._root.command, "-f", "-C", str(self._folder / "etc" / "asterisk.conf")],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        until = time.monotonic() + _START_SECONDS
        while self._ask("core waitfullybooted").returncode != 0:
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"Asterisk did not start: {self.log()[-3000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would: no BYE, no goodbye."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def command(self, line: str) -> str:
        """What the command-line interface answers."""
        done = self._ask(line)
        if done.returncode != 0 or done.stdout.startswith("No such command"):
            raise RuntimeError(f"{line}: {done.stdout}")
        return done.stdout

    def channels(self) -> int:
        """Channels alive now."""
        told = self.command("core show channels count")
        found = re.search(r"^(\d+) active channels?", told, re.MULTILINE)
        assert found is not None, told
        return int(found[1])

    def log(self) -> str:
        """All that it printed and logged so far."""
        files = (self._folder / "output", self._folder / "log" / "messages.log")
        return "\n".join(file.read_text("utf-8", "replace") for file in files if file.exists())

    def _ask(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._root.command, "-C", str(self._folder / "etc" / "asterisk.conf"), "-rx", line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )

    def _proving(self) -> str:
        if not self._proves:
            return ""
        by = "tls" if self._certificate else "udp"
        return f"""
            [proving]
            type = endpoint
            disallow = all
            allow = alaw
            transport = {by}
            outbound_auth = proving
            aors = proving
            [proving]
            type = aor
            contact = sip:127.0.0.1:{self._dialer_port}\\;transport={by}
            [proving]
            type = auth
            auth_type = digest
            username = carrier
            password = {self._proves}
            supported_algorithms_uac = SHA-256,MD5
            """

    def _leave(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def _write(self) -> None:
        """Configuration, a data folder of our own, and what the callee says."""
        for name in ("run", "log", "var", "spool", "recordings", "data/sounds"):
            (self._folder / name).mkdir(parents=True)
        etc = self._folder / "etc"
        tls = ""
        if self._certificate is not None:
            tls = f"""
                [tls]
                type = transport
                protocol = tls
                bind = 127.0.0.1:{self.tls_port}
                cert_file = {self._certificate.certificate}
                priv_key_file = {self._certificate.key}
                method = tlsv1_2
                """
        shutil.copytree(_CONFIG, etc)
        data = self._folder / "data"
        (data / "documentation").symlink_to(self._root.data / "documentation")
        if self._says is None:
            speech = speak("Hello? Who is calling me at this time of the day, please?")
            (data / "sounds" / "hello-world.sln").write_bytes(speech.tobytes())
        else:
            (data / "sounds" / "hello-world.ulaw").write_bytes(self._says)
        site = {
            "asterisk.conf": f"""
                [directories]
                astetcdir = {etc}
                astmoddir = {self._root.modules}
                astvarlibdir = {self._folder}/var
                astdbdir = {self._folder}/var
                astkeydir = {self._folder}/var
                astcachedir = {self._folder}/var
                astdatadir = {data}
                astspooldir = {self._folder}/spool
                astrundir = {self._folder}/run
                astlogdir = {self._folder}/log
                """,
            "rtp.conf": f"""
                [general]
                rtpstart = {self._rtp_port}
                rtpend = {self._rtp_port + _RTP_PORTS - 1}
                """,
            "site-pjsip.conf": f"""
                [udp]
                type = transport
                protocol = udp
                bind = 127.0.0.1:{self.port}
                [dialer]
                type = identify
                endpoint = dialer
                match = 127.0.0.1
                [dialer]
                type = aor
                contact = sip:127.0.0.1:{self._dialer_port}
                {self._proving()}
                [1001]
                type = auth
                auth_type = digest
                username = 1001
                password = {PASSWORD}
                [1002]
                type = auth
                auth_type = digest
                username = 1002
                password = {PASSWORD}
                {tls}
                """,
            "site-globals.conf": f"""
                [globals]
                OUTSIDE = {self._outside}
                RECORDINGS = {self._recordings}
                """,
        }
        for name, text in site.items():
            lines = (line.strip() for line in text.strip().splitlines())
            (etc / name).write_text("\n".join([*lines, ""]), encoding="utf-8")


def _frames_of(recording: Path) -> int:
    """Frames that its header tells of."""
    with wave.open(str(recording)) as sound:
        return sound.getnframes()
