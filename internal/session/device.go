package session

import (
	"encoding/base64"
	"encoding/json"
	"maps"
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
// known keeps its guesses apart from those of strangers, and spares a user who wanted
// it so the second factor, never the first.
type device struct {
	ID     string           `json:"d"`
	Users  []string         `json:"u"`           // the latest first
	Proved map[string]int64 `json:"p,omitempty"` // when a user gave a second factor, to be remembered; Unix milliseconds
}

// Device is the id of the device that sent r if the user has signed in on it before,
// else "".
func (s *Sessions) Device(r *http.Request, userID string) string {
	if d := s.device(r); userID != "" && slices.Contains(d.Users, userID) {
		return d.ID
	}
	return ""
}

// Proved is when the user gave a second factor on the device that sent r and wanted
// it to be remembered; zero if that never was.
func (s *Sessions) Proved(r *http.Request, userID string) time.Time {
	if at, ok := s.device(r).Proved[userID]; ok && userID != "" {
		return time.UnixMilli(at)
	}
	return time.Time{}
}

// Remember notes that a user has signed in on the device that sent r, and with proved
// that this was by a second factor that it need not be asked for again.
func (s *Sessions) Remember(w http.ResponseWriter, r *http.Request, userID string, proved bool) {
	d := s.device(r)
	if d.ID == "" {
		d.ID = randomID()
	}
	d.Users = slices.DeleteFunc(d.Users, func(u string) bool { return u == userID })
	d.Users = slices.Insert(d.Users, 0, userID)
	d.Users = d.Users[:min(len(d.Users), maxDeviceUsers)]
	if proved {
		if d.Proved == nil {
			d.Proved = map[string]int64{}
		}
		d.Proved[userID] = s.now().UnixMilli()
	}
	maps.DeleteFunc(d.Proved, func(u string, _ int64) bool { return !slices.Contains(d.Users, u) })
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
