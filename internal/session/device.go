package session

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// deviceLifetime is how long a device is remembered, which browsers bound anyway.
const deviceLifetime = 400 * 24 * time.Hour

// maxDeviceUsers is how many users a device is remembered for.
const maxDeviceUsers = 5

// Mark tells the browser apart from others and is not its id.
func (b Browser) Mark() string {
	hash := oauth.HashSecret("mark " + b.id)
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// A device is a browser that has signed users in. It opens nothing: that it is
// known only keeps its guesses apart from those of strangers.
type device struct {
	ID    string   `json:"d"`
	Users []string `json:"u"` // the latest first
}

// Device is the id of the device that sent r if the user has signed in on it before,
// else "".
func (s *Sessions) Device(r *http.Request, userID string) string {
	if d := s.device(r); userID != "" && slices.Contains(d.Users, userID) {
		return d.ID
	}
	return ""
}

// Remember notes that a user has signed in on the device that sent r.
func (s *Sessions) Remember(w http.ResponseWriter, r *http.Request, userID string) {
	d := s.device(r)
	if d.ID == "" {
		d.ID = randomID()
	}
	d.Users = slices.DeleteFunc(d.Users, func(u string) bool { return u == userID })
	d.Users = slices.Insert(d.Users, 0, userID)
	d.Users = d.Users[:min(len(d.Users), maxDeviceUsers)]
	plain, err := json.Marshal(d)
	if err != nil {
		panic(err) // texts always marshal
	}
	sealed := base64.RawURLEncoding.EncodeToString(s.devices.Seal(plain))
	s.setCookie(w, s.deviceCookie, sealed, int(deviceLifetime/time.Second))
}

// device opens the cookie of a device, or gives none.
func (s *Sessions) device(r *http.Request) (d device) {
	for _, c := range r.CookiesNamed(s.deviceCookie) {
		sealed, err := decode(c.Value)
		if err != nil {
			continue
		}
		plain, err := s.devices.Open(sealed)
		if err == nil && json.Unmarshal(plain, &d) == nil {
			return d
		}
	}
	return device{}
}
