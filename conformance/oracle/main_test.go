package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// ask runs the lines through serve and returns the answers in order.
func ask(t *testing.T, lines ...string) []answer {
	t.Helper()
	var out bytes.Buffer
	if err := serve(strings.NewReader(strings.Join(lines, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var a answer
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		answers = append(answers, a)
	}
	return answers
}

func TestBadLineIsAnsweredAndTheNextOneToo(t *testing.T) {
	got := ask(t, "garbage", `{"id":2,"modules":[{"text":"package a\np := 1"}],"query":"data.a.p = x"}`)
	if len(got) != 2 || got[0].Errors[0].Code != "oracle_request" || !got[1].OK {
		t.Fatalf("%+v", got)
	}
}

func TestStagesAndCodes(t *testing.T) {
	for _, c := range []struct{ line, stage, code string }{
		{`{"id":1,"modules":[{"text":"package a\np {"}]}`, "parse", "rego_parse_error"},
		{`{"id":1,"modules":[{"text":"package a\np if q\nq if p"}]}`, "compile", "rego_recursion_error"},
		{`{"id":1,"modules":[{"text":"package a\np { not input.a[_] == 1 }","version":"v0"}]}`, "compile", "rego_unsafe_var_error"},
		{`{"id":1,"query":"data.x = y; z"}`, "query", "rego_unsafe_var_error"},
		{`{"id":1,"query":"1 / input = y","input":0,"strict_builtin_errors":true}`, "eval", "eval_builtin_error"},
	} {
		got := ask(t, c.line)[0]
		if got.OK || got.Stage != c.stage || got.Errors[0].Code != c.code {
			t.Errorf("%s: %+v", c.line, got)
		}
	}
}

func TestTypeCheckCanBeSkipped(t *testing.T) {
	const head = `{"id":1,"modules":[{"text":"package a\np := startswith(q, \"a\")\nq := 1"}],"query":"data.a = x"`
	got := ask(t, head+"}", head+`,"skip_type_check":true}`)
	if got[0].Stage != "compile" || !got[1].OK {
		t.Fatalf("%+v", got)
	}
}

func TestDeadline(t *testing.T) {
	got := ask(t, `{"id":1,"timeout_ms":100,"query":"x = count([1 | numbers.range(1,100000)[_]; numbers.range(1,100000)[_]])"}`)
	if got[0].OK || got[0].Errors[0].Code != "oracle_timeout" {
		t.Fatalf("%+v", got)
	}
}
