package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// The states of a key in a journal. A key that is missing has no state.
const (
	begun = "begun" // its create may have been sent
	done  = "done"  // and its endpoint was reported
)

// journal is a file with a line for each state that a key has reached. A kill cannot
// take back what was written; against a loss of power it would need an fsync.
type journal struct {
	file   *os.File
	states map[string]string
}

// openJournal reads what earlier runs have written, and appends to it. Without a name
// it keeps nothing.
func openJournal(name string) (*journal, error) {
	j := &journal{states: map[string]string{}}
	if name == "" {
		return j, nil
	}
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); strings.HasSuffix(line, "\n") && len(fields) >= 2 {
			j.states[fields[1]] = fields[0]
		}
	}
	j.file, err = os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil && len(text) > 0 && text[len(text)-1] != '\n' {
		_, err = j.file.WriteString("\n") // the last line was cut off
	}
	return j, err
}

func (j *journal) state(key string) string { return j.states[key] }

// write stores the state of a key, in one write.
func (j *journal) write(state, key, id string) error {
	if j.file == nil {
		return nil
	}
	_, err := fmt.Fprintln(j.file, strings.TrimSpace(state+" "+key+" "+id))
	return err
}
