package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// stages name how far a request came before it failed.
const (
	stageParse   = "parse"
	stageCompile = "compile"
	stageQuery   = "query"
	stageEval    = "eval"
)

func answerTo(q request, stop <-chan struct{}) answer {
	modules, err := parseModules(q)
	if err != nil {
		return failed(q, stageParse, err)
	}
	if q.Op == "parse" {
		return answer{ID: q.ID, OK: true, AST: modules}
	}
	compiler := ast.NewCompiler().WithStrict(q.Strict).SetErrorLimit(0)
	if q.SkipTypeCheck {
		compiler.WithSkipStages(ast.StageCheckTypes)
	}
	if q.NoIndex {
		compiler.WithSkipStages(ast.StageBuildComprehensionIndices)
	}
	compiler.Compile(modules)
	if compiler.Failed() {
		return failed(q, stageCompile, compiler.Errors)
	}
	switch q.Op {
	case "check":
		return answer{ID: q.ID, OK: true}
	case "", "eval":
		return evaluate(q, compiler, stop)
	}
	return refuse(q.ID, fmt.Sprintf("unknown op %q", q.Op))
}

func parseModules(q request) (map[string]*ast.Module, error) {
	modules := map[string]*ast.Module{}
	var all ast.Errors
	for i, m := range q.Modules {
		path := m.Path
		if path == "" {
			path = fmt.Sprintf("test-%d.rego", i)
		}
		opts := ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true}
		if m.Version == "v0" {
			opts.RegoVersion = ast.RegoV0
		}
		parsed, err := ast.ParseModuleWithOpts(path, m.Text, opts)
		var list ast.Errors
		switch {
		case errors.As(err, &list):
			all = append(all, list...)
		case err != nil:
			return nil, err
		case parsed == nil:
			return nil, fmt.Errorf("%s: empty module", path)
		}
		modules[path] = parsed
	}
	if len(all) > 0 {
		return nil, all
	}
	return modules, nil
}

func evaluate(q request, compiler *ast.Compiler, stop <-chan struct{}) answer {
	body, err := ast.ParseBodyWithOpts(q.Query, ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return failed(q, stageQuery, err)
	}
	qc := compiler.QueryCompiler()
	compiled, err := qc.Compile(body)
	if err != nil {
		return failed(q, stageQuery, err)
	}
	input, err := inputOf(q)
	if err != nil {
		return refuse(q.ID, "input: "+err.Error())
	}

	ctx := context.Background()
	store := inmem.New()
	if q.Data != nil {
		store = inmem.NewFromObject(q.Data)
	}
	txn, err := store.NewTransaction(ctx, storage.TransactionParams{})
	if err != nil {
		return failed(q, stageEval, err)
	}
	defer store.Abort(ctx, txn)

	cancel := topdown.NewCancel()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-stop:
			cancel.Cancel()
		case <-over:
		}
	}()

	query := topdown.NewQuery(compiled).
		WithQueryCompiler(qc).
		WithCompiler(compiler).
		WithStore(store).
		WithTransaction(txn).
		WithInput(input).
		WithStrictBuiltinErrors(q.StrictBuiltinErrors).
		WithIndexing(!q.NoIndex).
		WithEarlyExit(!q.NoEarlyExit).
		WithCancel(cancel)
	if q.TimeNS != 0 {
		query = query.WithTime(time.Unix(0, q.TimeNS))
	}
	rs, err := query.Run(ctx)
	if err != nil {
		return failed(q, stageEval, err)
	}
	return answer{ID: q.ID, OK: true, Result: bindings(rs, qc.RewrittenVars())}
}

// inputOf is the input document as a term; nil when the request has none.
func inputOf(q request) (*ast.Term, error) {
	if q.InputTerm != "" {
		return ast.ParseTerm(q.InputTerm)
	}
	if len(q.Input) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(q.Input))
	dec.UseNumber()
	var x any
	if err := dec.Decode(&x); err != nil {
		return nil, err
	}
	v, err := ast.InterfaceToValue(x)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(v), nil
}

// failed turns OPA's three kinds of errors into faults.
func failed(q request, stage string, err error) answer {
	a := answer{ID: q.ID, Stage: stage}
	var list ast.Errors
	var one *ast.Error
	var run *topdown.Error
	switch {
	// An evaluation error may wrap what a builtin's own parser said: it comes first.
	case errors.As(err, &run):
		a.Errors = []fault{faultAt(run.Code, run.Message, run.Location, run.Error())}
	case errors.As(err, &list):
		for _, e := range list {
			a.Errors = append(a.Errors, faultAt(e.Code, e.Message, e.Location, e.Error()))
		}
	case errors.As(err, &one):
		a.Errors = []fault{faultAt(one.Code, one.Message, one.Location, one.Error())}
	default:
		a.Errors = []fault{{Code: "oracle_error", Message: err.Error()}}
	}
	return a
}

func faultAt(code, message string, at *ast.Location, text string) fault {
	f := fault{Code: code, Message: message, Text: text}
	if at != nil {
		f.File, f.Row, f.Col = at.File, at.Row, at.Col
	}
	return f
}
