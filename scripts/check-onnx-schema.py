"""Compares src/onnx/schema/onnx.proto with the `onnx` package that is installed.

Every message, field number, field type and enum value that both know must agree; what only the package knows is listed.

Usage: protoc --descriptor_set_out=SET src/onnx/schema/onnx.proto   (or: npx @bufbuild/buf build … -o SET)
       python scripts/check-onnx-schema.py SET
"""

import sys

from google.protobuf import descriptor_pb2
from onnx import onnx_ml_pb2


def walk(prefix, messages, enums, table):
    for enum in enums:
        for value in enum.value:
            table[f"{prefix}{enum.name}.{value.name}"] = value.number
    for message in messages:
        name = prefix + message.name
        for field in message.field:
            kind = field.type_name.lstrip(".") or field.type
            table[f"{name}.{field.name}"] = (field.number, field.label, kind)
        walk(name + ".", message.nested_type, message.enum_type, table)


def table_of(file):
    table = {}
    walk("", file.message_type, file.enum_type, table)
    return table


def main():
    ours_set = descriptor_pb2.FileDescriptorSet()
    with open(sys.argv[1], "rb") as stream:
        ours_set.ParseFromString(stream.read())
    ours = table_of(ours_set.file[0])
    official = descriptor_pb2.FileDescriptorProto()
    onnx_ml_pb2.DESCRIPTOR.CopyToProto(official)
    theirs = table_of(official)
    wrong = [f"{key}: {ours[key]} here, {theirs[key]} there" for key in ours if key in theirs and ours[key] != theirs[key]]
    print(*wrong, sep="\n")
    print("only here:", sorted(set(ours) - set(theirs)))
    print("only there:", sorted(set(theirs) - set(ours)))
    print(f"{len(set(ours) & set(theirs))} entries agree" if not wrong else f"{len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
