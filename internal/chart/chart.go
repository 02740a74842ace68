// Package chart draws figures over time as SVG that needs no script: lines, areas
// and bars, with an axis, a legend, and a table of the same figures for whoever
// would rather read or cannot see. Colours are classes of the stylesheet, so that
// charts follow light and dark.
//
// What is written around the plot is HTML, so that it keeps its size however wide
// the plot is.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"
)

// A Chart is one or several series over the same steps of time.
type Chart struct {
	ID      string // of the element; unique on a page
	Title   string
	Summary string // a sentence that says what there is to see
	Times   []time.Time
	Step    time.Duration
	Series  []Series
	Kind    Kind
	Gaps    bool                 // 0 is no value: lines leave it out
	Format  func(float64) string // of a value; Count if it is nil
	Words   Words
}

// Words are what is written beside the figures, in the language of the reader.
type Words struct {
	Table   string // leads to the figures as a table
	Time    string // what stands above the times, which are UTC
	Nothing string // instead of a table without rows
}

// A Series is a value for each of the times. The stylesheet colours the first eight.
type Series struct {
	Name   string
	Tone   int // which colour, from 1
	Values []float64
}

// A Kind is how series are drawn.
type Kind int

// The kinds.
const (
	Lines Kind = iota
	Areas      // filled lines
	Bars       // one upon another
)

// The plot, in units of its own: it is stretched to where it is shown.
const (
	width  = 600.0
	height = 180.0
)

// Count writes a whole number, with spaces between thousands.
func Count(v float64) string {
	digits := fmt.Sprintf("%.0f", math.Abs(v))
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Milliseconds writes a time given in milliseconds.
func Milliseconds(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 0.1:
		return fmt.Sprintf("%.2f ms", v)
	case v < 10:
		return fmt.Sprintf("%.1f ms", v)
	case v < 1000:
		return fmt.Sprintf("%.0f ms", v)
	}
	return fmt.Sprintf("%.1f s", v/1000)
}

func (c Chart) format(v float64) string {
	if c.Format != nil {
		return c.Format(v)
	}
	return Count(v)
}

// Empty reports whether there is nothing but zeros.
func (c Chart) Empty() bool {
	for _, s := range c.Series {
		for _, v := range s.Values {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

// Top is where the axis ends, and Ticks are what is written beside it from the top
// down: round numbers, evenly apart.
func (c Chart) scale() (top float64, ticks []string) {
	most := 0.0
	for i := range c.Times {
		sum := 0.0
		for _, s := range c.Series {
			if c.Kind == Bars {
				sum += at(s.Values, i)
			} else {
				sum = max(sum, at(s.Values, i))
			}
		}
		most = max(most, sum)
	}
	const steps = 4
	step := round(most / steps)
	if c.Format == nil {
		step = max(math.Ceil(step), 1)
	}
	if step == 0 {
		step = 1
	}
	for i := steps; i >= 0; i-- {
		ticks = append(ticks, c.format(step*float64(i)))
	}
	return step * steps, ticks
}

// round gives the next greater number of those that are easy to count in.
func round(v float64) float64 {
	if v <= 0 {
		return 0
	}
	magnitude := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if v <= m*magnitude {
			return m * magnitude
		}
	}
	return v
}

func at(values []float64, i int) float64 {
	if i >= len(values) || math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
		return 0
	}
	return max(values[i], 0)
}

// label writes a time as people look for it in a span of this step.
func label(t time.Time, step time.Duration) string {
	if step >= 24*time.Hour {
		return t.UTC().Format("01-02")
	}
	return t.UTC().Format("15:04")
}

// labels are what is written below the plot, evenly apart.
func (c Chart) labels() []string {
	const most = 5
	n := len(c.Times)
	if n == 0 {
		return nil
	}
	var all []string
	for i := range min(most, n) {
		all = append(all, label(c.Times[i*(n-1)/max(min(most, n)-1, 1)], c.Step))
	}
	return all
}

// HTML draws the chart.
func (c Chart) HTML() (template.HTML, error) {
	top, ticks := c.scale()
	var b strings.Builder
	err := layout.Execute(&b, struct {
		Chart
		Ticks, Labels []string
		Grid          []float64
		Drawing       template.HTML
		Rows          []row
		W, H          float64
	}{c, ticks, c.labels(), grid(len(ticks)), template.HTML(c.draw(top)), c.rows(), width, height})
	return template.HTML(b.String()), err
}

// grid are the heights of the lines across.
func grid(ticks int) []float64 {
	lines := make([]float64, ticks)
	for i := range lines {
		lines[i] = height * float64(i) / float64(ticks-1)
	}
	return lines
}

// A row is one step in the table.
type row struct {
	Time   string
	Values []string
}

// rows are the steps in which there was something.
func (c Chart) rows() []row {
	all := []row{}
	for i, t := range c.Times {
		r, any := row{Time: t.UTC().Format("01-02 15:04")}, false
		for _, s := range c.Series {
			v := at(s.Values, i)
			any = any || v != 0
			r.Values = append(r.Values, c.format(v))
		}
		if any {
			all = append(all, r)
		}
	}
	return all
}
