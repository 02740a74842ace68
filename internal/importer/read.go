package importer

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/admin"
)

// CSV reads users from comma-separated values (RFC 4180) whose first row names the
// fields. A field that is neither known nor mapped is an error.
func CSV(r io.Reader, m Mapping) (Source, error) {
	lines := csv.NewReader(r)
	lines.ReuseRecord = true
	names, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("the first row, which names the fields: %w", err)
	}
	s := &csvSource{lines: lines, names: slices.Clone(names)}
	s.names[0] = strings.TrimPrefix(s.names[0], "\ufeff") // of spreadsheets
	for _, name := range s.names {
		set, known := m.setter(name)
		if !known {
			return nil, fmt.Errorf("there is no field %q: map it to one of %s, or to nothing to leave it out", name, strings.Join(Fields(), ", "))
		}
		s.set = append(s.set, set)
	}
	return s, nil
}

type csvSource struct {
	lines *csv.Reader
	names []string
	set   []func(*admin.NewUser, string) error
}

// Next implements Source.
func (s *csvSource) Next() (Row, error) {
	record, err := s.lines.Read()
	line, _ := s.lines.FieldPos(0)
	var wrong *csv.ParseError
	switch {
	case errors.As(err, &wrong):
		return Row{Number: wrong.StartLine, Err: wrong.Err}, nil
	case err != nil:
		return Row{}, err
	}
	row := Row{Number: line}
	for i, text := range record {
		if text == "" || s.set[i] == nil {
			continue
		}
		if err := s.set[i](&row.User, text); err != nil {
			row.Err = errors.Join(row.Err, fmt.Errorf("%s %w", s.names[i], err))
		}
	}
	return row, nil
}

// JSON reads users from an array of objects, or from objects one after the other,
// with the fields of POST /v1/users.
func JSON(r io.Reader, m Mapping) (Source, error) {
	s := &jsonSource{values: json.NewDecoder(r), mapping: m}
	first, err := s.values.Token()
	switch {
	case errors.Is(err, io.EOF):
		return s, nil
	case err != nil:
		return nil, err
	case first == json.Delim('['):
		s.array = true
	case first == json.Delim('{'): // lines: the token is read, so the first object is read by hand
		s.open = true
	default:
		return nil, errors.New("it is neither an array of objects nor objects one after the other")
	}
	return s, nil
}

type jsonSource struct {
	values  *json.Decoder
	mapping Mapping
	array   bool
	open    bool // the brace of an object has been read
	number  int
}

// Next implements Source.
func (s *jsonSource) Next() (Row, error) {
	if !s.open && !s.values.More() {
		return Row{}, io.EOF
	}
	s.number++
	row := Row{Number: s.number}
	members := map[string]json.RawMessage{}
	var err error
	if s.open {
		s.open = false
		err = s.rest(members)
	} else {
		err = s.values.Decode(&members)
	}
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		row.Err = errors.New("it is no object")
		return row, nil
	case err != nil:
		return Row{}, fmt.Errorf("object %d: %w", s.number, err)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) { // addresses that are verified come first
		set, known := s.mapping.setter(name)
		text, err := textOf(members[name])
		switch {
		case !known:
			err = errors.New("is not known; map it to a field, or to nothing to leave it out")
		case err == nil && text != "" && set != nil:
			err = set(&row.User, text)
		}
		if err != nil {
			row.Err = errors.Join(row.Err, fmt.Errorf("%s %w", name, err))
		}
	}
	return row, nil
}

// rest reads the members of an object whose brace has been read.
func (s *jsonSource) rest(members map[string]json.RawMessage) error {
	for s.values.More() {
		name, err := s.values.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := s.values.Decode(&value); err != nil {
			return err
		}
		members[name.(string)] = value
	}
	_, err := s.values.Token()
	return err
}

// textOf is a value as CSV would have it.
func textOf(value json.RawMessage) (string, error) {
	var text string
	var list []string
	switch {
	case string(value) == "null":
		return "", nil
	case json.Unmarshal(value, &text) == nil:
		return text, nil
	case json.Unmarshal(value, &list) == nil:
		return strings.Join(list, "|"), nil
	case value[0] == '[':
		return "", errors.New("has to be an array of strings")
	}
	return string(value), nil // an object, a number, true or false
}

// ClerkCSV reads the users that Clerk's dashboard exports.
func ClerkCSV(r io.Reader) (Source, error) {
	return CSV(r, Mapping{
		"primary_email_address": "email_address", "verified_email_addresses": "email_address", "unverified_email_addresses": "unverified_email_address",
		// What Signet does not have.
		"primary_phone_number": "", "verified_phone_numbers": "", "unverified_phone_numbers": "", "totp_secret": "", "mfa_enabled": "",
	})
}
