package main

import "encoding/json"

// request is one question. See README.md.
type request struct {
	ID                  json.RawMessage `json:"id"`
	Op                  string          `json:"op"`
	Modules             []module        `json:"modules"`
	Data                map[string]any  `json:"data"`
	Input               json.RawMessage `json:"input"`
	InputTerm           string          `json:"input_term"`
	Query               string          `json:"query"`
	StrictBuiltinErrors bool            `json:"strict_builtin_errors"`
	Strict              bool            `json:"strict"`
	SkipTypeCheck       bool            `json:"skip_type_check"`
	NoIndex             bool            `json:"no_index"`
	NoEarlyExit         bool            `json:"no_early_exit"`
	TimeNS              int64           `json:"time_ns"`
	TimeoutMS           int             `json:"timeout_ms"`
}

type module struct {
	Path    string `json:"path"`
	Text    string `json:"text"`
	Version string `json:"version"`
}

// answer is what came of a request: a result or errors, and where it ended.
type answer struct {
	ID     json.RawMessage  `json:"id"`
	Result []map[string]any `json:"result,omitempty"`
	AST    any              `json:"ast,omitempty"`
	OK     bool             `json:"ok"`
	Stage  string           `json:"stage,omitempty"`
	Errors []fault          `json:"errors,omitempty"`
}

// fault is one error as OPA words it; rows and columns count from 1, 0 is none.
type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Row     int    `json:"row,omitempty"`
	Col     int    `json:"col,omitempty"`
	Text    string `json:"text,omitempty"`
}
