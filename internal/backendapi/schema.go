package backendapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/ui"
)

// A schema is one of JSON Schema, as far as the description has it. All its methods
// take nil for one that says nothing.
type schema struct {
	Reference            string `json:"$ref"`
	Type                 typeNames
	Properties           map[string]*schema
	Required             []string
	Items                *schema
	OneOf                []*schema
	Const                json.RawMessage
	Enum                 []json.RawMessage
	Format               string
	Description          string
	Default              json.RawMessage
	MinLength, MaxLength *int
	MinItems, MaxItems   *int
	Minimum, Maximum     *json.Number
}

// typeNames are the names of types; one may stand alone.
type typeNames []string

// UnmarshalJSON implements json.Unmarshaler.
func (k *typeNames) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		*k = make(typeNames, 1)
		return json.Unmarshal(text, &(*k)[0])
	}
	return json.Unmarshal(text, (*[]string)(k))
}

// fields are the properties, those that are required first, and those of objects
// within with the name of the object in front.
func (s *schema) fields(prefix string) (all []ui.ReferenceField) {
	if s == nil {
		return nil
	}
	names := slices.Sorted(maps.Keys(s.Properties))
	slices.SortStableFunc(names, func(a, b string) int { return s.rank(a) - s.rank(b) })
	for _, name := range names {
		p := s.Properties[name]
		all = append(all, p.field(prefix+name, slices.Contains(s.Required, name), p.Description))
		all = append(all, p.fields(prefix+name+".")...)
	}
	return all
}

func (s *schema) rank(name string) int {
	if slices.Contains(s.Required, name) {
		return 0
	}
	return 1
}

func (s *schema) field(name string, required bool, text string) ui.ReferenceField {
	return ui.ReferenceField{Name: name, Required: required, Text: text, Type: s.words(), Bounds: s.bounds()}
}

// words say which type it is.
func (s *schema) words() []ui.ReferenceType {
	word := func(w string) []ui.ReferenceType { return []ui.ReferenceType{{Word: w}} }
	switch {
	case s == nil:
		return word("any value")
	case s.Reference != "":
		return []ui.ReferenceType{{Word: last(s.Reference), Object: anchor("object-", last(s.Reference))}}
	case s.Const != nil:
		return word(string(s.Const))
	case s.Enum != nil:
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = string(v)
		}
		return word(joined(values))
	case s.OneOf != nil:
		var all []ui.ReferenceType
		for i, one := range s.OneOf {
			if i > 0 {
				all = append(all, word(" or ")...)
			}
			all = append(all, one.words()...)
		}
		return all
	case slices.Contains(s.Type, "array") && s.Items != nil:
		all := append(word("array of "), s.Items.words()...)
		if slices.Contains(s.Type, "null") {
			all = append(all, word(" or null")...)
		}
		return all
	case len(s.Type) == 0:
		return word("any value")
	case s.Format != "":
		return word(joined(s.Type) + ", " + s.Format)
	}
	return word(joined(s.Type))
}

func joined(words []string) string { return strings.Join(words, " or ") }

// bounds say what else is asked of a value.
func (s *schema) bounds() string {
	if s == nil {
		return ""
	}
	var all []string
	between := func(least, most any, haveLeast, haveMost bool, unit string) {
		switch {
		case haveLeast && haveMost:
			all = append(all, fmt.Sprintf("%v to %v%s", least, most, unit))
		case haveLeast:
			all = append(all, fmt.Sprintf("at least %v%s", least, unit))
		case haveMost:
			all = append(all, fmt.Sprintf("at most %v%s", most, unit))
		}
	}
	between(orNothing(s.Minimum), orNothing(s.Maximum), s.Minimum != nil, s.Maximum != nil, "")
	between(orNothing(s.MinLength), orNothing(s.MaxLength), s.MinLength != nil, s.MaxLength != nil, " characters")
	between(orNothing(s.MinItems), orNothing(s.MaxItems), s.MinItems != nil, s.MaxItems != nil, " of them")
	if s.Default != nil {
		all = append(all, "by default "+string(s.Default))
	}
	return strings.Join(all, "; ")
}

func orNothing[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}
