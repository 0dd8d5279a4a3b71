// Command oracle answers questions about Rego with OPA's own library, so that
// another engine can be held against it. It reads one JSON request a line and
// writes one JSON answer a line, in order. README.md describes both.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// maxLine bounds one request; a longer line is answered with an error.
const maxLine = 64 << 20

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

// serve answers until the input ends. A line that is no request, a panic and a
// timeout are answers, too: only a broken pipe ends the loop early.
func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	w := bufio.NewWriterSize(out, 1<<20)
	for {
		line, tooLong, err := readLine(lines)
		if tooLong {
			line = nil
		}
		if tooLong || len(bytes.TrimSpace(line)) > 0 {
			if werr := write(w, reply(line, tooLong)); werr != nil {
				return werr
			}
			// Answers wait in the buffer only while more questions are at hand.
			if lines.Buffered() == 0 {
				if ferr := w.Flush(); ferr != nil {
					return ferr
				}
			}
		}
		if err == io.EOF {
			return w.Flush()
		}
		if err != nil {
			return err
		}
	}
}

func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > maxLine {
			tooLong, line = true, nil
		}
		if err != bufio.ErrBufferFull {
			return line, tooLong, err
		}
	}
}

func write(w io.Writer, a answer) error {
	text, err := json.Marshal(a)
	if err != nil {
		text, err = json.Marshal(answer{ID: a.ID, Errors: []fault{{Code: "oracle_error", Message: err.Error()}}})
	}
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

func reply(line []byte, tooLong bool) answer {
	if tooLong {
		return refuse(nil, fmt.Sprintf("line longer than %d bytes", maxLine))
	}
	var q request
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(&q); err != nil {
		return refuse(q.ID, "no request: "+err.Error())
	}
	return withDeadline(q)
}

// withDeadline runs a request on its own goroutine: OPA's evaluator can be
// cancelled, its parser and compiler cannot, so a stuck one is left behind.
func withDeadline(q request) answer {
	limit := 10 * time.Second
	if q.TimeoutMS > 0 {
		limit = time.Duration(q.TimeoutMS) * time.Millisecond
	}
	done := make(chan answer, 1)
	stop := make(chan struct{})
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- answer{ID: q.ID, Errors: []fault{{Code: "oracle_panic", Message: fmt.Sprint(p)}}}
			}
		}()
		done <- answerTo(q, stop)
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case a := <-done:
		return a
	case <-timer.C:
		close(stop)
		return answer{ID: q.ID, Errors: []fault{{Code: "oracle_timeout", Message: fmt.Sprintf("no answer after %s", limit)}}}
	}
}

func refuse(id json.RawMessage, why string) answer {
	return answer{ID: id, Errors: []fault{{Code: "oracle_request", Message: why}}}
}
