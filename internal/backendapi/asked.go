package backendapi

import "net/http"

// An asked notes what a request was asked for: a test compares it with the
// description of the API, so that neither says what the other does not. Requests
// of clients have none; all its methods do nothing for nil.
type asked struct {
	prefix     string            // of the fields within a section
	fields     map[string]string // the kind by name
	parameters map[string]string
	closed     *bool // fields that were not asked for are refused
}

// notOffered is the kind of what Clerk knows and is refused here.
const notOffered = "nothing"

type askedContext struct{}

// askedOf finds where to note, nil for nowhere.
func askedOf(r *http.Request) *asked {
	a, _ := r.Context().Value(askedContext{}).(*asked)
	return a
}

func (a *asked) field(name, kind string) {
	if a != nil {
		a.fields[a.prefix+name] = kind
	}
}

func (a *asked) parameter(name, kind string) {
	if a != nil {
		a.parameters[name] = kind
	}
}

// within notes the fields of a section.
func (a *asked) within(section string) *asked {
	if a == nil {
		return nil
	}
	inner := *a
	inner.prefix, inner.closed = a.prefix+section+".", new(bool)
	return &inner
}

// end notes that all fields were asked for.
func (a *asked) end() {
	if a != nil {
		*a.closed = true
	}
}
