package backendapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxBody  = 1 << 20
	maxDepth = 32
)

// bodyOf reads the members of a JSON body. An empty body and null have none, as
// SDKs send both for "nothing to say". What two parsers could read differently is
// refused: a name given twice, invalid UTF-8, half a surrogate pair, NUL, numbers
// beyond a double, and deep nesting.
func bodyOf(r *http.Request) (map[string]json.RawMessage, error) {
	raw, err := jsonOf(r)
	switch {
	case err != nil || raw == nil:
		return nil, err
	case raw[0] != '{' && string(raw) != "null":
		return nil, refuse("request_body_invalid", "", "The request body must be a JSON object.")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("reading a body that was found to be JSON: %w", err)
	}
	return members, nil
}

// arrayOf reads a JSON body that is an array of objects, by the same rules.
func arrayOf(r *http.Request) ([]*fields, error) {
	raw, err := jsonOf(r)
	if err != nil || raw == nil || string(raw) == "null" {
		return nil, err
	}
	var all []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, refuse("request_body_invalid", "", "The request body must be a JSON array of objects.")
	}
	items := make([]*fields, len(all))
	for i, members := range all {
		items[i] = &fields{members: members, known: map[string]bool{}, asked: askedOf(r)}
	}
	return items, nil
}

// jsonOf reads a JSON body, nil if it is empty.
func jsonOf(r *http.Request) ([]byte, error) {
	raw, err := readBody(r)
	if err != nil {
		return nil, err
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil, nil
	}
	if err := checkContentType(r.Header); err != nil {
		return nil, err
	}
	return raw, checkJSON(raw)
}

// readBody reads the body as it is.
func readBody(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, refuse("request_body_too_large", "", "The request body must be at most 1 MiB.")
	case err != nil:
		return nil, refuse("request_body_invalid", "", "The request body did not arrive whole.")
	}
	return raw, nil
}

// checkContentType admits JSON in UTF-8. A body without a content type is taken
// for JSON, since it can be nothing else.
func checkContentType(h http.Header) error {
	mediaType, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, encoding := params["charset"], h.Get("Content-Encoding")
	switch {
	case h.Get("Content-Type") != "" && (err != nil || mediaType != "application/json"),
		charset != "" && !strings.EqualFold(charset, "utf-8"),
		encoding != "" && !strings.EqualFold(encoding, "identity"):
		return refuse("unsupported_content_type", "", "The request body must be application/json in UTF-8, not compressed.")
	}
	return nil
}

// checkJSON checks that raw is one JSON value that all parsers read the same way.
func checkJSON(raw []byte) error {
	switch {
	case !utf8.Valid(raw):
		return refuse("request_body_invalid", "", "The request body must be UTF-8.")
	case !json.Valid(raw):
		return refuse("request_body_invalid", "", "The request body must be one JSON value.")
	case !wholeEscapes(raw):
		return refuse("request_body_invalid", "", "The request body must not hold NUL or half a surrogate pair.")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return checkValue(d, 0)
}

// checkValue reads one value of valid JSON.
func checkValue(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return refuse("request_body_invalid", "", "The request body must not be nested deeper than 32 levels.")
	}
	token, err := d.Token()
	if err != nil {
		return fmt.Errorf("reading a body that was found to be JSON: %w", err)
	}
	switch token := token.(type) {
	case json.Number:
		if _, err := strconv.ParseFloat(token.String(), 64); err != nil {
			return refuse("request_body_invalid", "", "The numbers of the request body must fit a double.")
		}
	case json.Delim:
		names := map[string]bool{}
		for d.More() {
			if token == '{' {
				name, err := d.Token()
				if err != nil {
					return fmt.Errorf("reading a body that was found to be JSON: %w", err)
				}
				if names[name.(string)] {
					return refuse("request_body_invalid", "", "The request body must not hold a name twice in one object.")
				}
				names[name.(string)] = true
			}
			if err := checkValue(d, depth+1); err != nil {
				return err
			}
		}
		_, err := d.Token() // the end of the object or array
		return err
	}
	return nil
}

// wholeEscapes reports whether the \u escapes of valid JSON spell characters:
// surrogates in pairs, and no NUL. Decoders would put U+FFFD in their place, and
// PostgreSQL cannot keep NUL.
func wholeEscapes(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // of what is escaped
		if raw[i] != 'u' {
			continue
		}
		r := hexRune(raw[i+1:])
		i += 4
		switch {
		case r == 0:
			return false
		case utf16.IsSurrogate(r):
			if !bytes.HasPrefix(raw[i+1:], []byte(`\u`)) || utf16.DecodeRune(r, hexRune(raw[i+3:])) == utf8.RuneError {
				return false
			}
			i += 6
		}
	}
	return true
}

// hexRune reads four hexadecimal digits of valid JSON.
func hexRune(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16)
	return rune(n)
}
