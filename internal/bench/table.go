package main

import (
	"fmt"
	"io"
	"strings"
)

// table is the one table of a run, in Markdown. Each column is a contender.
type table struct {
	columns []string
	rows    [][]string
}

func (t *table) section(title string) { t.rows = append(t.rows, []string{"**" + title + "**"}) }

// row adds a row; cells that are missing at its end stay empty.
func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// libraryRow adds a row with a figure of the library alone.
func (t *table) libraryRow(name, figure string) {
	cells := make([]string, 1+indexOf(library)+1)
	cells[0], cells[len(cells)-1] = name, figure
	t.row(cells...)
}

func (t *table) print(w io.Writer) {
	widths := make([]int, len(t.columns))
	all := append([][]string{t.columns}, t.rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for i, row := range all {
		printRow(w, row, widths)
		if i == 0 {
			rule := make([]string, len(widths))
			for j, width := range widths {
				rule[j] = strings.Repeat("-", width-min(j, 1))
				if j > 0 {
					rule[j] += ":"
				}
			}
			printRow(w, rule, widths)
		}
	}
}

func printRow(w io.Writer, row []string, widths []int) {
	for i, width := range widths {
		cell := ""
		if i < len(row) {
			cell = row[i]
		}
		pad := strings.Repeat(" ", width-len([]rune(cell)))
		if i == 0 {
			fmt.Fprintf(w, "| %s%s |", cell, pad)
		} else {
			fmt.Fprintf(w, " %s%s |", pad, cell)
		}
	}
	fmt.Fprintln(w)
}

// withRatio returns a figure and its ratio to the first contender's.
func withRatio(figure string, ratio float64) string { return fmt.Sprintf("%s ×%.2f", figure, ratio) }

func duration(nanos float64) string {
	switch {
	case nanos < 1000:
		return fmt.Sprintf("%.0f ns", nanos)
	case nanos < 100_000:
		return fmt.Sprintf("%.1f µs", nanos/1000)
	}
	return fmt.Sprintf("%.0f µs", nanos/1000)
}
