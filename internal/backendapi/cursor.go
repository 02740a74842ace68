package backendapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
)

// A cursor says where a page of a list ended: sealed, so that clients can neither
// read nor make one, and bound to its list. It is good for as long as the root key.
type cursor struct {
	List  string          `json:"l"`
	Place json.RawMessage `json:"p"`
}

// sealCursor makes the cursor for a place in the list that r asks for.
func (a *API) sealCursor(r *http.Request, place any) (*string, error) {
	at, err := json.Marshal(place)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(cursor{List: r.URL.Path, Place: at})
	if err != nil {
		return nil, err
	}
	return new(base64.RawURLEncoding.EncodeToString(a.cursors.Seal(text))), nil
}

// cursor reads the parameter after into place, and reports whether it is given.
func (a *API) cursor(p *parameters, r *http.Request, place any) bool {
	text := p.text("after")
	if text == "" {
		return false
	}
	var c cursor
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err == nil {
		var opened []byte
		if opened, err = a.cursors.Open(sealed); err == nil {
			err = json.Unmarshal(opened, &c)
		}
	}
	if err != nil || c.List != r.URL.Path || json.Unmarshal(c.Place, place) != nil {
		p.invalid("after", "after must be the next_cursor of a page of this list.")
		return false
	}
	return true
}

// A cursorPage is one page of a list that is walked by cursor. Nobody counts it:
// that would cost as much as reading all of it.
type cursorPage struct {
	Data       []any   `json:"data"`
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"` // null at the end
}
