package ui

import (
	"fmt"
	"html/template"
)

// icons are drawn on 20 by 20, with lines in the colour of the text.
var icons = map[string]template.HTML{
	"check":    `<path d="m4.5 10.5 3.5 3.5 7.5-8"/>`,
	"cross":    `<path d="m5.5 5.5 9 9m0-9-9 9"/>`,
	"alert":    `<circle cx="10" cy="10" r="7.25"/><path d="M10 6.25v4.5m0 2.75v.01"/>`,
	"info":     `<circle cx="10" cy="10" r="7.25"/><path d="M10 9.25v4.5m0-7.5v.01"/>`,
	"globe":    `<circle cx="10" cy="10" r="7.25"/><path d="M2.75 10h14.5M10 2.75c2.2 2 3.2 4.5 3.2 7.25s-1 5.25-3.2 7.25c-2.2-2-3.2-4.5-3.2-7.25s1-5.25 3.2-7.25Z"/>`,
	"theme":    `<circle cx="10" cy="10" r="7.25"/><path d="M10 2.75a7.25 7.25 0 0 1 0 14.5Z" fill="currentColor"/>`,
	"link":     `<path d="M8.5 11.5a3 3 0 0 0 4.25 0l3-3a3 3 0 0 0-4.25-4.25l-1 1m1 3.25a3 3 0 0 0-4.25 0l-3 3a3 3 0 0 0 4.25 4.25l1-1"/>`,
	"clock":    `<circle cx="10" cy="10" r="7.25"/><path d="M10 6v4l2.75 1.75"/>`,
	"person":   `<circle cx="10" cy="7" r="3.25"/><path d="M3.5 17c.6-3.4 3.2-5 6.5-5s5.9 1.6 6.5 5"/>`,
	"apps":     `<rect x="3" y="3" width="5.5" height="5.5" rx="1.5"/><rect x="11.5" y="3" width="5.5" height="5.5" rx="1.5"/><rect x="3" y="11.5" width="5.5" height="5.5" rx="1.5"/><rect x="11.5" y="11.5" width="5.5" height="5.5" rx="1.5"/>`,
	"key":      `<circle cx="6.75" cy="13.25" r="3.5"/><path d="m9.25 10.75 7.25-7.25m-3 3 2.25 2.25"/>`,
	"chart":    `<path d="M3 17h14M5.5 13.5v-4m4.5 4v-9m4.5 9v-6"/>`,
	"settings": `<path d="M3 6h6m5 0h3M3 14h3m5 0h6"/><circle cx="11.5" cy="6" r="2"/><circle cx="8.5" cy="14" r="2"/>`,
	"mail":     `<rect x="2.75" y="4.5" width="14.5" height="11" rx="2"/><path d="m3.5 6 6.5 5 6.5-5"/>`,
	"lock":     `<rect x="4.25" y="9" width="11.5" height="8" rx="2"/><path d="M6.75 9V6.5a3.25 3.25 0 0 1 6.5 0V9"/>`,
	"shield":   `<path d="M10 2.75 16 5v4.5c0 3.6-2.4 6.3-6 7.75-3.6-1.45-6-4.15-6-7.75V5Z"/>`,
	"play":     `<path d="M6 4.25v11.5L15.5 10Z"/>`,
	"device":   `<rect x="5.5" y="2.5" width="9" height="15" rx="2"/><path d="M9 14.75h2"/>`,
}

// icon draws an icon. It says nothing that the text beside it does not say.
func icon(name string) (template.HTML, error) {
	drawing, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("there is no icon %q", name)
	}
	return `<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">` + drawing + `</svg>`, nil
}
