"""Arguments that no two readers would read alike are denied with a record, and the next event is decided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from malformed.child import EXAMPLES, answers

# What a model may write as the arguments of a call; Python expressions, evaluated in the child.
WRITTEN = {
    "not JSON": "'path=/tmp/a'",
    "nothing": "''",
    "half": "'{\"path\": '",
    "no object": "'[1]'",
    "a number": "'1'",
    "null": "'null'",
    "two objects": "'{} {}'",
    "a key twice": '\'{"path": "/tmp/a", "path": "/etc/a"}\'',
    "a key twice, spelled in two ways": '\'{"path": "/tmp/a", "p\\\\u0061th": "/etc/a"}\'',
    "5 MB": "json.dumps({'path': '/tmp/a', 'text': 'x' * 5_000_000})",
    "a lone surrogate": '\'{"path": "/tmp/\\\\ud800"}\'',
    "20,000 lists": "'{\"path\": ' + '[' * 20_000 + ']' * 20_000 + '}'",
    "20,000 objects": "'{\"path\":' * 20_000 + '1' + '}' * 20_000",
    "20,000 open lists": "'[' * 20_000",
    "NaN": "'{\"path\": NaN}'",
    "a number past doubles": "'{\"path\": 1e400}'",
}

ASK_MODEL = f"""
import json, sys
sys.path.insert(0, {str(EXAMPLES / "openai_agent")!r})
from openai import OpenAI, PermissionDeniedError
from scripted_model import ScriptedModel, calls, text
from kitelogik.adapters.openai import govern

tool = {{"type": "function", "name": "fs_write", "parameters": {{"type": "object"}}, "strict": False}}
with ScriptedModel([calls(("fs_write", WRITTEN)), text("done")]) as model:
    client = govern(OpenAI(api_key="none", base_url=model.url), policies={str(EXAMPLES / "policies")!r},
                    audit_log="audit.jsonl", tool_names={{"fs_write": "fs.write"}})
    try:
        answer = client.responses.create(model="m", input="go", tools=[tool])
        print([item.type for item in answer.output], answer.output_text)
    except PermissionDeniedError as denied:
        print(denied.code, denied.body["reason_code"])
"""


@pytest.mark.parametrize("case", WRITTEN)
def test_what_a_model_wrote(case: str, tmp_path: Path) -> None:
    # What is too large to decide is too large to be sent back to the model, too.
    told = "denied_by_policy invalid_event" if case == "5 MB" else "['message'] done"
    assert answers(ASK_MODEL.replace("WRITTEN", WRITTEN[case]), tmp_path) == [told]
    records = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    calls = [record for record in records if record["event"] == "tool_call"]
    assert [call["decision"]["reason_code"] for call in calls] == ["invalid_args"]
    assert calls[0]["tool"] == "fs.write"


# What a program may give by hand; Python expressions, evaluated in the child.
GIVEN = {
    "a list in itself": ("LOOP", "invalid_args"),
    "20,000 levels": ("DEEP", "invalid_args"),
    "65 levels": ("nested(65)", "invalid_args"),
    "5 MB": ("{'text': 'x' * 5_000_000}", "invalid_args"),
    "5 MB of small things": ("{'all': [1] * 2_500_000}", "invalid_args"),
    "a lone surrogate": ("{'path': '\\ud800'}", "invalid_args"),
    "NaN": ("{'path': float('nan')}", "invalid_args"),
    "bytes": ("{'path': b'/tmp/a'}", "invalid_args"),
    "a key that is no text": ("{1: 2}", "invalid_args"),
    "text": ("'{}'", "invalid_args"),
    "nothing": ("None", "invalid_args"),
}

DECIDE = f"""
import kitelogik
def nested(levels):
    value = 1
    for _ in range(levels):
        value = {{"a": value}}
    return value
LOOP = {{}}
LOOP["again"] = [LOOP]
DEEP = nested(20_000)
governor = kitelogik.Governor(policies={str(EXAMPLES / "policies")!r}, audit_log="audit.jsonl")
print(governor.decide({{"event": "tool_call", "tool": "fs.read", "args": GIVEN}}).reason_code)
"""


@pytest.mark.parametrize("case", GIVEN)
def test_what_a_program_gave(case: str, tmp_path: Path) -> None:
    given, code = GIVEN[case]
    assert answers(DECIDE.replace("GIVEN", given), tmp_path) == [code]
    (line,) = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert json.loads(line)["decision"]["reason_code"] == code
