package oauth

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a request's parameters. They are far above what any client sends.
const (
	maxParameters  = 100
	maxParameterKB = 32
)

// A Form holds the parameters of one request.
type Form struct {
	fields   []field
	repeated []string // names of parameters that came more than once
}

type field struct{ name, value string }

// repeatable is the one parameter that may come more than once (RFC 8707 §2).
const repeatable = "resource"

// ParseForm reads parameters in the format application/x-www-form-urlencoded.
// A parameter without a value counts as absent (RFC 6749 §3.1). Text that is not
// UTF-8 or holds NUL is refused here, so that nothing further in has to ask.
func ParseForm(encoded string) (Form, error) {
	if len(encoded) > maxParameterKB<<10 {
		return Form{}, refuse(InvalidRequest, "RFC 6749 §3.1", "the parameters are too long")
	}
	var f Form
	for pair := range strings.SplitSeq(encoded, "&") {
		if pair == "" {
			continue
		}
		name, value, err := parsePair(pair)
		if err != nil {
			return Form{}, err
		}
		if err := f.add(name, value); err != nil {
			return Form{}, err
		}
	}
	return f, nil
}

func parsePair(pair string) (name, value string, err error) {
	rawName, rawValue, _ := strings.Cut(pair, "=")
	name, nameErr := url.QueryUnescape(rawName)
	value, valueErr := url.QueryUnescape(rawValue)
	switch {
	case nameErr != nil || valueErr != nil:
		return "", "", refuse(InvalidRequest, "RFC 6749 Appendix B", "the parameters are not form-encoded")
	case !isText(name) || !isText(value):
		return "", "", refuse(InvalidRequest, "RFC 6749 Appendix B", "the parameters are not UTF-8 text")
	}
	return name, value, nil
}

func (f *Form) add(name, value string) error {
	if name != repeatable && slices.ContainsFunc(f.fields, func(x field) bool { return x.name == name }) {
		f.repeated = append(f.repeated, name)
		return nil
	}
	if len(f.fields) == maxParameters {
		return refuse(InvalidRequest, "RFC 6749 §3.1", "there are too many parameters")
	}
	f.fields = append(f.fields, field{name, value})
	return nil
}

// isText reports whether s is UTF-8 without NUL.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// Get gives the value of a parameter, or "" if it is absent.
func (f Form) Get(name string) string {
	for _, x := range f.fields {
		if x.name == name {
			return x.value
		}
	}
	return ""
}

// Has reports whether a parameter came, be it empty.
func (f Form) Has(name string) bool {
	return slices.ContainsFunc(f.fields, func(x field) bool { return x.name == name })
}

// Each calls visit with the parameters in the order they came.
func (f Form) Each(visit func(name, value string)) {
	for _, x := range f.fields {
		visit(x.name, x.value)
	}
}

// All gives every value of a parameter that is not empty.
func (f Form) All(name string) []string {
	var values []string
	for _, x := range f.fields {
		if x.name == name && x.value != "" {
			values = append(values, x.value)
		}
	}
	return values
}

// Encode gives the parameters back in wire format, in the order they came.
func (f Form) Encode() string {
	var b strings.Builder
	for _, x := range f.fields {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(x.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(x.value))
	}
	return b.String()
}

// Once refuses a form in which a parameter came more than once: which of the
// values counts is where attackers and parsers disagree.
func (f Form) Once() error {
	if len(f.repeated) > 0 {
		return refuse(InvalidRequest, "RFC 6749 §3.2", "a parameter was sent more than once")
	}
	return nil
}
