package gallery

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/mail"
)

func TestLettersAreShown(t *testing.T) {
	get := func(path string) (int, string, string) {
		r := httptest.NewRequest("GET", path, nil)
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		return w.Code, w.Header().Get("Content-Type"), w.Body.String()
	}
	_, _, contents := get("/gallery/")
	for _, kind := range mail.Kinds {
		for suffix, want := range map[string]string{"": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8"} {
			path := "/gallery/mail/" + string(kind) + suffix
			status, mediaType, text := get(path + "?language=de")
			if status != 200 || mediaType != want || !strings.Contains(text, "id.example.com") || !strings.Contains(contents, path) {
				t.Errorf("%s: %d, %s\n%s", path, status, mediaType, text)
			}
		}
	}
	if status, _, _ := get("/gallery/mail/gossip"); status != 404 {
		t.Errorf("a letter of no kind: %d", status)
	}
}
