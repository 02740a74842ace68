package ui

import (
	"strings"

	"github.com/signet-auth/signet/internal/lang"
)

// A View is what all pages that one browser gets have in common. The zero value is
// English, in the light or dark of the device, under Signet's own name.
type View struct {
	Language lang.Language
	Theme    Theme
	Brand    Brand
	Back     string // path and query of the page, for when it is shown otherwise; "" if it cannot be
}

// A Theme is light or dark, or "" for what the device has.
type Theme string

// The themes.
const (
	System Theme = ""
	Light  Theme = "light"
	Dark   Theme = "dark"
)

// Themes are what somebody can choose among.
func (v View) Themes() []Theme { return []Theme{System, Light, Dark} }

// Say says a message as plain text, for a template that escapes it; pairs are the
// names and values of its placeholders. It panics where a template would fail: if
// there is no such message, or it has other placeholders.
func (v View) Say(key string, pairs ...any) string {
	args := lang.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	said, err := v.Language.Format(key, args, func(s string) string { return s })
	if err != nil {
		panic(err)
	}
	return said
}

// Direction is the direction of the text (HTML §3.2.6.4).
func (v View) Direction() string {
	if v.Language.RTL() {
		return "rtl"
	}
	return "ltr"
}

// A Look is what somebody has chosen: a language, a theme, both or neither.
type Look struct {
	Language string // a tag, or "" for no choice
	Theme    Theme
}

// ParseLook reads what String wrote. What it did not write is no choice.
func ParseLook(s string) Look {
	language, theme, _ := strings.Cut(s, ".")
	return Look{}.With(language, theme)
}

// With changes what is given and known; "system" takes a choice of theme back.
func (l Look) With(language, theme string) Look {
	if _, ok := lang.Named(language); ok {
		l.Language = language
	}
	switch Theme(theme) {
	case Light, Dark:
		l.Theme = Theme(theme)
	case "system":
		l.Theme = System
	}
	return l
}

// String writes the look for a cookie.
func (l Look) String() string { return l.Language + "." + string(l.Theme) }

// NewView finds the language: what the application asks for in ui_locales, then
// what was chosen in this browser, then what the browser is set to (the value of
// Accept-Language).
func NewView(uiLocales string, chosen Look, acceptLanguage string) View {
	return View{Language: lang.Choose(uiLocales, chosen.Language, acceptLanguage), Theme: chosen.Theme}
}
