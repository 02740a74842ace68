package chart

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// layout is the whole figure. Values come in as text and are escaped.
var layout = template.Must(template.New("chart").Parse(`<figure class="chart" id="{{.ID}}">
<figcaption><span class="chart-title">{{.Title}}</span>
<ul class="legend">{{range .Series}}<li><span class="key tone-{{.Tone}}" aria-hidden="true"></span>{{.Name}}</li>{{end}}</ul></figcaption>
<div class="plot" dir="ltr">
<ol class="ticks" aria-hidden="true">{{range .Ticks}}<li>{{.}}</li>{{end}}</ol>
<svg viewBox="0 0 {{.W}} {{.H}}" preserveAspectRatio="none" role="img" aria-labelledby="{{.ID}}-title {{.ID}}-summary">
<title id="{{.ID}}-title">{{.Title}}</title>
<desc id="{{.ID}}-summary">{{.Summary}}</desc>
<g class="grid">{{$w := .W}}{{range .Grid}}<line x1="0" x2="{{$w}}" y1="{{.}}" y2="{{.}}"/>{{end}}</g>
{{.Drawing}}
</svg>
<ol class="dates" aria-hidden="true">{{range .Labels}}<li>{{.}}</li>{{end}}</ol>
</div>
<details><summary>{{.Words.Table}}<span class="hidden">: {{.Title}}</span></summary>
{{if .Rows}}<section class="scroll" tabindex="0" aria-label="{{.Title}}"><table>
<thead><tr><th scope="col">{{.Words.Time}}</th>{{range .Series}}<th scope="col" class="number">{{.Name}}</th>{{end}}</tr></thead>
<tbody>{{range .Rows}}<tr><th scope="row" dir="ltr">{{.Time}}</th>{{range .Values}}<td class="number">{{.}}</td>{{end}}</tr>{{end}}</tbody>
</table></section>{{else}}<p class="muted">{{.Words.Nothing}}</p>{{end}}</details>
</figure>`))

// draw gives what stands in the plot. It is made of numbers, and of names that are
// escaped.
func (c Chart) draw(top float64) string {
	var b strings.Builder
	switch c.Kind {
	case Bars:
		c.drawBars(&b, top)
	case Areas:
		for _, s := range c.Series {
			fmt.Fprintf(&b, `<path class="area tone-%d" d="%sL%s,%s L0,%s Z"/>`, s.Tone, c.line(s, top), number(width), number(height), number(height))
		}
		fallthrough
	case Lines:
		for _, s := range c.Series {
			fmt.Fprintf(&b, `<path class="line tone-%d" d="%s"/>`, s.Tone, c.line(s, top))
		}
	}
	c.drawHints(&b)
	return b.String()
}

// line goes through the values of a series. A value alone between gaps is a dash.
func (c Chart) line(s Series, top float64) string {
	const dash = 3
	var b strings.Builder
	within := false
	for i := range c.Times {
		v := at(s.Values, i)
		if c.Gaps && v == 0 {
			within = false
			continue
		}
		x, y := width*float64(i)/float64(max(len(c.Times)-1, 1)), number(height*(1-v/top))
		switch {
		case within:
			fmt.Fprintf(&b, "L%s,%s ", number(x), y)
		case c.Gaps && at(s.Values, i+1) == 0:
			fmt.Fprintf(&b, "M%s,%s L%s,%s ", number(max(x-dash, 0)), y, number(min(x+dash, width)), y)
		default:
			fmt.Fprintf(&b, "M%s,%s ", number(x), y)
		}
		within = true
	}
	return b.String()
}

func (c Chart) drawBars(b *strings.Builder, top float64) {
	slot := width / float64(max(len(c.Times), 1))
	for i := range c.Times {
		y := height
		for _, s := range c.Series {
			h := height * at(s.Values, i) / top
			if h == 0 {
				continue
			}
			y -= h
			fmt.Fprintf(b, `<rect class="stack tone-%d" x="%s" y="%s" width="%s" height="%s"/>`,
				s.Tone, number(float64(i)*slot+slot*0.12), number(y), number(slot*0.76), number(h))
		}
	}
}

// drawHints says of each step what was in it, where a mouse rests on it.
func (c Chart) drawHints(b *strings.Builder) {
	slot := width / float64(max(len(c.Times), 1))
	for i, t := range c.Times {
		said := []string{}
		for _, s := range c.Series {
			if v := at(s.Values, i); v != 0 {
				said = append(said, s.Name+" "+c.format(v))
			}
		}
		if len(said) == 0 {
			continue
		}
		fmt.Fprintf(b, `<rect class="hint-area" x="%s" y="0" width="%s" height="%s"><title>%s UTC: %s</title></rect>`,
			number(float64(i)*slot), number(slot), number(height), t.UTC().Format("01-02 15:04"), template.HTMLEscapeString(strings.Join(said, ", ")))
	}
}

// number writes a coordinate: no more digits than can be seen.
func number(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", math.Round(v*10)/10), ".0")
}
