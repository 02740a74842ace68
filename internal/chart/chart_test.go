package chart

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func times(n int, step time.Duration) []time.Time {
	all := make([]time.Time, n)
	for i := range all {
		all[i] = noon.Add(time.Duration(i) * step)
	}
	return all
}

const hostile = `</title><script>alert(1)</script>" onload="x`

var charts = map[string]Chart{
	"lines": {ID: "c", Title: "Time", Summary: "Fast.", Times: times(6, time.Minute), Step: time.Minute, Format: Milliseconds, Gaps: true, Series: []Series{
		{"Median", 1, []float64{1, 0, 3, 2.5, 0, 1}}, {"95 of 100", 2, []float64{4, 0, 12, 3, 0, 1200}},
	}},
	"areas":   {ID: "c", Title: "Sign-ins", Summary: "Few.", Times: times(3, 24*time.Hour), Step: 24 * time.Hour, Kind: Areas, Series: []Series{{"All", 1, []float64{1, 0, 12345}}}},
	"bars":    {ID: "c", Title: "Tokens", Summary: "Many.", Times: times(4, time.Hour), Step: time.Hour, Kind: Bars, Series: []Series{{"a", 1, []float64{1, 2, 0, 3}}, {"b", 2, []float64{1, 0, 0, 4}}}},
	"empty":   {ID: "c", Title: "Nothing", Summary: "Nothing.", Times: times(2, time.Hour), Step: time.Hour, Series: []Series{{"a", 1, nil}}},
	"nothing": {ID: "c", Title: "Nothing at all"},
	"hostile": {ID: hostile, Title: hostile, Summary: hostile, Times: times(1, time.Hour), Kind: Bars, Series: []Series{{hostile, 1, []float64{math.Inf(1), math.NaN()}}, {hostile, 2, []float64{7}}}},
}

func TestCharts(t *testing.T) {
	for name, c := range charts {
		c.Words = Words{Table: "As a table", Time: "Time (UTC)", Nothing: hostile}
		html, err := c.HTML()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".html")
		if *update {
			if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(html) != string(want) {
			t.Errorf("%s changed; run with -update if that is meant:\n%s", name, html)
		}
		wellFormed(t, name, string(html))
	}
}

// wellFormed reads the drawing as XML: a name must not end an element.
func wellFormed(t *testing.T, name, html string) {
	t.Helper()
	svg := regexp.MustCompile(`(?s)<svg.*</svg>`).FindString(html)
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v in %s", name, err, svg)
		}
		if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "script" || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf")) {
			t.Errorf("%s holds a script or no number: %s", name, svg)
		}
	}
}

func TestScale(t *testing.T) {
	for most, want := range map[float64]string{0: "4 0", 1: "4 0", 3: "4 0", 4: "4 0", 5: "8 0", 37: "40 0", 41: "80 0", 1000: "1\u202f000 0", 12345: "20\u202f000 0"} {
		_, ticks := Chart{Times: times(1, time.Hour), Series: []Series{{Values: []float64{most}}}}.scale()
		if got := ticks[0] + " " + ticks[len(ticks)-1]; got != want || len(ticks) != 5 {
			t.Errorf("up to %v: %v, want %s", most, ticks, want)
		}
	}
}

func TestMilliseconds(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.04: "0.04 ms", 1.25: "1.2 ms", 42.4: "42 ms", 1500: "1.5 s"} {
		if got := Milliseconds(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}
