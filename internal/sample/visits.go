package sample

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
)

// cookieName must differ from those of other applications on the same host:
// browsers do not tell ports apart.
const cookieName = "signet_sample_client"

// maxVisits bounds the memory; the demo of one person needs a few.
const maxVisits = 1000

// A visit is what the application knows of one browser. First it waits for the
// answer to a sign-in, then it has tokens, which never leave the server.
type visit struct {
	client          string
	state, verifier string

	token     *oauth2.Token
	scope     string
	name      string
	claims    []claim
	refreshes int
}

// visits is safe for concurrent use.
type visits struct {
	mu   sync.Mutex
	byID map[string]visit
}

func newVisits() *visits { return &visits{byID: map[string]visit{}} }

// begin gives the browser a new id.
func (s *visits) begin(w http.ResponseWriter, v visit) {
	id := oauth2.GenerateVerifier() // 256 random bits
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byID) >= maxVisits {
		clear(s.byID)
	}
	s.byID[id] = v
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (s *visits) get(r *http.Request) (visit, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.byID[visitID(r)]
	return v, ok
}

// put replaces what is known, unless the visit has ended meanwhile.
func (s *visits) put(r *http.Request, v visit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.byID[visitID(r)]; ok {
		s.byID[visitID(r)] = v
	}
}

func (s *visits) end(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, visitID(r))
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func visitID(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

// A claim is a line of the user info, in the order the server sent it.
type claim struct{ Name, Value string }

// readClaims reads a JSON object into lines; what is not text stays JSON.
func readClaims(body []byte) ([]claim, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("user info is not a JSON object")
	}
	var claims []claim
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		var text string
		if err := json.Unmarshal(value, &text); err != nil || string(value) == "null" {
			var indented bytes.Buffer
			if err := json.Indent(&indented, value, "", "  "); err != nil {
				return nil, err
			}
			text = indented.String()
		}
		claims = append(claims, claim{fmt.Sprint(name), text})
	}
	return claims, nil
}
