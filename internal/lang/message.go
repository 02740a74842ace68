package lang

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
)

// A message is what is said, in one form or in one for each kind of number.
type message struct {
	forms map[plural.Form]text // nil: other is the only one
	other text
}

// A text is literals with a placeholder between each two: literals[0],
// names[0], literals[1] and so on.
type text struct {
	literals []string
	names    []string
}

// Number is the placeholder whose value decides the form of a message.
const Number = "n"

var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

var errBraces = errors.New("a placeholder is a name of small letters between braces")

// parse reads a text such as "to go on to {application}".
func parse(s string) (text, error) {
	var t text
	for {
		literal, rest, found := strings.Cut(s, "{")
		if strings.Contains(literal, "}") {
			return text{}, errBraces
		}
		t.literals = append(t.literals, literal)
		if !found {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return text{}, errBraces
		}
		t.names = append(t.names, name)
		s = after
	}
}

func parseForms(given map[string]any) (message, error) {
	m := message{forms: map[plural.Form]text{}}
	for name, value := range given {
		form, known := formNames[name]
		said, isText := value.(string)
		if !known || !isText {
			return message{}, fmt.Errorf("%s is no form of a number", name)
		}
		parsed, err := parse(said)
		if err != nil {
			return message{}, err
		}
		m.forms[form] = parsed
	}
	m.other = m.forms[plural.Other]
	return m, nil
}

// Args are the values of placeholders by name: strings, integers, or Verbatim.
type Args map[string]any

// Verbatim is a value that is put in as it is, whatever it holds.
type Verbatim string

// Format says a message. Its text and the values of its placeholders go through
// escape, but for Verbatim ones, so that no translation and no value can bring
// markup along. It fails if there is no such message or the values are not those of
// its placeholders.
func (l Language) Format(key string, args Args, escape func(string) string) (string, error) {
	m, ok := kinds[l.at].read()[key]
	if !ok {
		return "", fmt.Errorf("there is no message %q in %s", key, l.Tag())
	}
	t := m.other
	if n, counted := args[Number].(int); counted && m.forms != nil {
		if form, ok := m.forms[l.form(n)]; ok {
			t = form
		}
	}
	var b strings.Builder
	used := map[string]bool{}
	for i, literal := range t.literals {
		b.WriteString(escape(literal))
		if i == len(t.names) {
			break
		}
		name := t.names[i]
		used[name] = true
		switch x := args[name].(type) {
		case Verbatim:
			b.WriteString(string(x))
		case string:
			b.WriteString(escape(x))
		case int:
			b.WriteString(strconv.Itoa(x))
		default:
			return "", fmt.Errorf("the message %q wants a value for %s", key, name)
		}
	}
	for name := range args {
		if !used[name] && (name != Number || m.forms == nil) {
			return "", fmt.Errorf("the message %q has no place for %s", key, name)
		}
	}
	return b.String(), nil
}

// form is the form that a number of things has.
func (l Language) form(n int) plural.Form {
	return plural.Cardinal.MatchPlural(kinds[l.at].tag, n, 0, 0, 0, 0)
}

// Keys are the names of all messages, in order.
func Keys() []string { return slices.Sorted(maps.Keys(kinds[0].read())) }
