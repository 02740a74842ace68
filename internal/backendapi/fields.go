package backendapi

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"
)

// fields reads the members of a body by name and type, and collects what is
// wrong with them. A member that is absent or null reads as nil: not given.
type fields struct {
	members  map[string]json.RawMessage
	known    map[string]bool
	problems refusal
	asked    *asked
}

// fieldsOf reads the body of a request.
func fieldsOf(r *http.Request) (*fields, error) {
	members, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	return &fields{members: members, known: map[string]bool{}, asked: askedOf(r)}, nil
}

// err is nil if every member asked for had its type.
func (f *fields) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return f.problems
}

// value is the member, or nil if it is not given. It should be of this kind.
func (f *fields) value(name, kind string) json.RawMessage {
	f.known[name] = true
	f.asked.field(name, kind)
	if raw := f.members[name]; len(raw) > 0 && string(raw) != "null" {
		return raw
	}
	return nil
}

// as reads a member into a T, or notes that it has another type.
func as[T any](f *fields, name, kind string) *T {
	raw := f.value(name, kind)
	if raw == nil {
		return nil
	}
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		f.wrongType(name, kind)
		return nil
	}
	return v
}

func (f *fields) wrongType(name, kind string) {
	f.problems = append(f.problems, problem{code: "form_param_type_invalid", param: name, long: name + " must be " + kind + "."})
}

// text reads a string.
func (f *fields) text(name string) *string { return as[string](f, name, "a string") }

// textOrEmpty reads a string for which "" means the same as none.
func (f *fields) textOrEmpty(name string) string {
	if s := f.text(name); s != nil {
		return *s
	}
	return ""
}

// flag reads a boolean.
func (f *fields) flag(name string) *bool { return as[bool](f, name, "a boolean") }

// isSet reads a boolean for which false means the same as none.
func (f *fields) isSet(name string) bool {
	b := f.flag(name)
	return b != nil && *b
}

// texts reads an array of strings; given and empty, it is not nil.
func (f *fields) texts(name string) []string {
	all := as[[]*string](f, name, "an array of strings")
	if all == nil {
		return nil
	}
	texts := make([]string, len(*all))
	for i, s := range *all {
		if s == nil { // a null among the strings
			f.wrongType(name, "an array of strings")
			return nil
		}
		texts[i] = *s
	}
	return texts
}

// object reads a JSON object, as it was written.
func (f *fields) object(name string) json.RawMessage {
	raw := f.value(name, "an object")
	if raw != nil && raw[0] != '{' {
		f.wrongType(name, "an object")
		return nil
	}
	return raw
}

// notOffered refuses members that Clerk knows and Signet can do nothing about:
// dropping them would let the caller believe in a second factor or a limit that
// is not there. Values that ask for nothing are admitted.
func (f *fields) notOffered(names ...string) {
	for _, name := range names {
		switch raw := f.value(name, notOffered); string(raw) {
		case "", `""`, "false", "0", "[]", "{}":
		default:
			f.problems = append(f.problems, problem{code: "form_param_value_invalid", param: name, long: name + " is not offered by this server; leave it out."})
		}
	}
}

// section reads the members of an object within the body. Members of it that read
// does not ask for are always refused: they are ours alone, so that nobody else's
// client sends them.
func (f *fields) section(name string, read func(*fields)) {
	raw := f.object(name)
	if raw == nil {
		return
	}
	inner := &fields{members: map[string]json.RawMessage{}, known: map[string]bool{}, asked: f.asked.within(name)}
	if err := json.Unmarshal(raw, &inner.members); err != nil {
		f.wrongType(name, "an object")
		return
	}
	read(inner)
	inner.refuseUnknown()
	for _, p := range inner.problems {
		p.param = name + "." + p.param
		f.problems = append(f.problems, p)
	}
}

// integer reads a whole number.
func (f *fields) integer(name string) *int {
	return as[int](f, name, "a whole number")
}

// seconds reads a number of seconds.
func (f *fields) seconds(name string) *time.Duration {
	n := as[int64](f, name, "a whole number of seconds")
	if n == nil {
		return nil
	}
	if *n < 0 || *n > math.MaxInt32 {
		f.problems = append(f.problems, problem{code: "form_param_value_invalid", param: name, long: name + " must be a number of seconds from 0 to 2147483647."})
		return nil
	}
	return new(time.Duration(*n) * time.Second)
}

// refuseUnknown notes every member that was not asked for.
func (f *fields) refuseUnknown() {
	f.asked.end()
	for _, name := range slices.Sorted(maps.Keys(f.members)) {
		if !f.known[name] {
			f.problems = append(f.problems, problem{code: "form_param_unknown", param: name, long: "This request has no such field."})
		}
	}
}
