"""Writes the Python stubs of the contract; `make proto` runs it.

It runs in an environment of its own (`.venv-proto`): code made by a newer generator refuses older
runtimes, so grpcio-tools and mypy-protobuf are pinned to old releases, which would otherwise hold back
the runtime that everything else is tested with.

    python proto/generate.py [OUTPUT]

OUTPUT is the source root that gets `tableadmin/v1/`; without it, `client`.
"""

import subprocess
import sys
import sysconfig
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

PROTO = Path(__file__).resolve().parent
PACKAGE = "tableadmin/v1"


def generate(output: Path) -> None:
    """Replace the modules of `tableadmin.v1` under OUTPUT; raises CalledProcessError."""
    package = output / PACKAGE
    package.mkdir(parents=True, exist_ok=True)
    for stale in package.glob("*_pb2*.py*"):
        stale.unlink()
    files = compile_protos(output)
    for file in files:
        if not file.service:
            for empty in package.glob(f"{Path(file.name).stem}_pb2_grpc.py*"):
                empty.unlink()
    (package / "__init__.py").write_text(package_init(files), encoding="utf-8")


def compile_protos(output: Path) -> list[FileDescriptorProto]:
    """Run protoc with the plugins of this environment; the descriptors of what it compiled."""
    scripts = Path(sysconfig.get_path("scripts"))
    sources = sorted(str(path.relative_to(PROTO)) for path in (PROTO / PACKAGE).glob("*.proto"))
    with TemporaryDirectory() as scratch:
        descriptors = Path(scratch) / "descriptors"
        command = [
            *(sys.executable, "-m", "grpc_tools.protoc"),
            f"-I{PROTO}",
            f"-I{resources.files('grpc_tools') / '_proto'}",
            f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
            f"--python_out={output}",
            f"--grpc_python_out={output}",
            f"--mypy_out=quiet:{output}",
            f"--mypy_grpc_out=quiet:{output}",
            f"--descriptor_set_out={descriptors}",
            *sources,
        ]
        subprocess.run(command, cwd=PROTO, check=True)
        return list(FileDescriptorSet.FromString(descriptors.read_bytes()).file)


def package_init(files: list[FileDescriptorProto]) -> str:
    """The package's `__init__`, from which every message and enum can be imported."""
    names = {f"tableadmin.v1.{Path(file.name).stem}_pb2": exports(file) for file in files}
    lines = ['"""The contract as Python: every message and enum. Generated, never edited."""', ""]
    for module, exported in names.items():
        if exported:
            lines += [f"from {module} import (", *(f"    {name}," for name in exported), ")"]
    everything = sorted(name for exported in names.values() for name in exported)
    lines += ["", "__all__ = [", *(f'    "{name}",' for name in everything), "]", ""]
    return "\n".join(lines)


def exports(file: FileDescriptorProto) -> list[str]:
    """The messages and enums that FILE defines."""
    return sorted([*(message.name for message in file.message_type), *(enum.name for enum in file.enum_type)])


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else PROTO.parent / "client")
