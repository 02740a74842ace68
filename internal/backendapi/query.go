package backendapi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/store"
)

const (
	defaultLimit = 10
	maxLimit     = 500
	maxOffset    = 1<<31 - 1
	maxValues    = 100 // of one parameter
	maxValue     = 512 // bytes

	maxMachineLimit = 100 // of tokens of machines, and of API keys
)

// queryOf reads the query string. The standard reader leaves out what it cannot
// read; here that is an error.
func queryOf(r *http.Request) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse("malformed_request_parameters", "", "The query string cannot be read.")
	}
	for name, all := range values {
		for _, s := range append(all, name) {
			if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
				return nil, refuse("malformed_request_parameters", "", "The query string must be UTF-8 without NUL.")
			}
		}
	}
	return values, nil
}

// parameters reads query parameters by name and type, and collects what is wrong
// with them. A parameter that is absent or empty is not given.
type parameters struct {
	values   url.Values
	problems refusal
	asked    *asked
}

func parametersOf(r *http.Request) (*parameters, error) {
	values, err := queryOf(r)
	return &parameters{values: values, asked: askedOf(r)}, err
}

func (p *parameters) err() error {
	if len(p.problems) == 0 {
		return nil
	}
	return p.problems
}

func (p *parameters) invalid(name, long string) {
	p.problems = append(p.problems, problem{code: "form_param_value_invalid", param: name, long: long})
}

// page reads limit and offset.
func (p *parameters) page() (limit, offset int) { return p.pageOf(maxLimit) }

// pageOf reads limit, which is at most that, and offset.
func (p *parameters) pageOf(most int) (limit, offset int) {
	limit = p.integer("limit", defaultLimit, 1, most)
	offset = p.integer("offset", 0, 0, maxOffset)
	return limit, offset
}

func (p *parameters) integer(name string, otherwise, least, most int) int {
	p.asked.parameter(name, "a whole number")
	s := p.values.Get(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		p.invalid(name, name+" must be an integer from "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+".")
		return otherwise
	}
	return n
}

// text reads one value.
func (p *parameters) text(name string) string {
	p.asked.parameter(name, "a string")
	s := p.values.Get(name)
	if len(s) > maxValue {
		p.problems = append(p.problems, problem{code: "form_param_max_length_exceeded", param: name, long: name + " must be at most 512 bytes long."})
		return ""
	}
	return s
}

// flag reads a boolean, nil if it is not given.
func (p *parameters) flag(name string) *bool {
	p.asked.parameter(name, "a boolean")
	switch p.values.Get(name) {
	case "":
		return nil
	case "true":
		return new(true)
	case "false":
		return new(false)
	}
	p.invalid(name, name+" must be true or false.")
	return nil
}

// texts reads a parameter that may be repeated.
func (p *parameters) texts(name string) []string {
	p.asked.parameter(name, "an array of strings")
	var all []string
	for _, s := range p.values[name] {
		if len(s) > maxValue {
			p.problems = append(p.problems, problem{code: "form_param_max_length_exceeded", param: name, long: name + " must be at most 512 bytes long."})
			return nil
		}
		if s != "" {
			all = append(all, s)
		}
	}
	if len(all) > maxValues {
		p.problems = append(p.problems, problem{code: "form_param_array_size_exceeded", param: name, long: name + " must be given at most 100 times."})
		return nil
	}
	return all
}

// selected reads a repeated parameter whose values say "include" with a leading +,
// which arrives as a space unless it was escaped, or with nothing, and "exclude" with
// a leading -.
func (p *parameters) selected(name string) (included, excluded []string) {
	for _, s := range p.texts(name) {
		if rest, not := strings.CutPrefix(s, "-"); not {
			excluded = append(excluded, rest)
			continue
		}
		included = append(included, strings.TrimLeft(s, " +"))
	}
	return included, excluded
}

// moment reads a time in milliseconds, zero if it is not given.
func (p *parameters) moment(name string) time.Time {
	p.asked.parameter(name, "a whole number")
	s := p.values.Get(name)
	if s == "" {
		return time.Time{}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > maxMoment {
		p.invalid(name, name+" must be a time in milliseconds since 1970.")
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// maxMoment is the end of the year 9999.
const maxMoment = 253402300799999

// period reads the two ends of a time, neither included.
func (p *parameters) period(after, before string) store.Period {
	return store.Period{After: p.moment(after), Before: p.moment(before)}
}

// order reads order_by: a field, with - in front to begin with the largest. The
// first of several counts.
func order[T any](p *parameters, fields map[string]T, otherwise T) (by T, descending bool) {
	p.asked.parameter("order_by", "a string")
	s := p.values.Get("order_by")
	if s == "" {
		return otherwise, true
	}
	name, descending := strings.CutPrefix(s, "-")
	if !descending {
		name = strings.TrimLeft(name[:1], " +") + name[1:]
	}
	by, ok := fields[name]
	if !ok {
		p.invalid("order_by", "order_by must be one of the fields that this list can be ordered by, with + or - in front.")
		return otherwise, true
	}
	return by, descending
}

// notOffered refuses filters that Clerk knows and Signet does not: an answer
// that ignored them would hold objects nobody asked for.
func (p *parameters) notOffered(names ...string) {
	for _, name := range names {
		p.asked.parameter(name, notOffered)
		if p.values.Get(name) != "" {
			p.invalid(name, name+" is not offered by this server; leave it out.")
		}
	}
}
