package main

import (
	"encoding/json"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// bindings writes a result set. Variables that the compiler renamed get the
// name that the query gave them.
func bindings(rs topdown.QueryResultSet, names map[ast.Var]ast.Var) []map[string]any {
	out := make([]map[string]any, 0, len(rs))
	for _, r := range rs {
		row := map[string]any{}
		for k, t := range r {
			if name, ok := names[k]; ok {
				k = name
			}
			if strings.HasPrefix(string(k), "__localq") {
				continue
			}
			row[string(k)] = tagged(t.Value)
		}
		out = append(out, row)
	}
	return out
}

// tagged is a value as JSON that tells sets and objects with other than plain
// string keys apart: {"$set": [...]} and {"$object": [[key, value], ...]}.
func tagged(v ast.Value) any {
	switch v := v.(type) {
	case ast.Null:
		return nil
	case ast.Boolean:
		return bool(v)
	case ast.Number:
		return rawNumber(v)
	case ast.String:
		return string(v)
	case *ast.Array:
		list := make([]any, 0, v.Len())
		v.Foreach(func(t *ast.Term) { list = append(list, tagged(t.Value)) })
		return list
	case ast.Set:
		list := make([]any, 0, v.Len())
		for _, t := range v.Slice() {
			list = append(list, tagged(t.Value))
		}
		return map[string]any{"$set": list}
	case ast.Object:
		return taggedObject(v)
	}
	return map[string]any{"$other": v.String()}
}

func taggedObject(o ast.Object) any {
	plain := true
	fields := map[string]any{}
	pairs := make([]any, 0, o.Len())
	o.Foreach(func(k, v *ast.Term) {
		value := tagged(v.Value)
		pairs = append(pairs, []any{tagged(k.Value), value})
		s, ok := k.Value.(ast.String)
		if !ok || strings.HasPrefix(string(s), "$") {
			plain = false
			return
		}
		fields[string(s)] = value
	})
	if plain {
		return fields
	}
	return map[string]any{"$object": pairs}
}

// rawNumber keeps the literal text of a number. OPA makes numbers that are no
// JSON, such as to_number(".5"): those become {"$number": ".5"}.
func rawNumber(n ast.Number) any {
	if json.Valid([]byte(n)) {
		return json.Number(n)
	}
	return map[string]any{"$number": string(n)}
}
