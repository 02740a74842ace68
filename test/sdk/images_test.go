package sdk

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/instancesettings"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

func TestProfileImages(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		users := user.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		u, err := users.Create(t.Context(), &user.CreateParams{Username: &word})
		if err != nil {
			t.Fatal(err)
		}
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
			t.Fatal(err)
		}
		shown, err := users.UpdateProfileImage(t.Context(), u.ID, &user.UpdateProfileImageParams{File: upload{bytes.NewReader(picture.Bytes())}})
		if err != nil || !shown.HasImage || shown.ImageURL == nil {
			t.Fatalf("UpdateProfileImage = %+v, %v", shown, err)
		}
		for condition, want := range map[string]int{"": 200, `"` + (*shown.ImageURL)[strings.LastIndex(*shown.ImageURL, "/")+1:] + `"`: 304} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, *shown.ImageURL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("If-None-Match", condition)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != want || answer.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
				want == 200 && answer.Header.Get("Content-Type") != "image/jpeg" || len(answer.Cookies()) != 0 {
				t.Errorf("the picture is answered by %d %v, want %d", answer.StatusCode, answer.Header, want)
			}
			_ = answer.Body.Close()
		}
		if got, err := users.DeleteProfileImage(t.Context(), u.ID); err != nil || got.HasImage {
			t.Errorf("DeleteProfileImage = %+v, %v", got, err)
		}
		_, err = users.UpdateProfileImage(t.Context(), u.ID, &user.UpdateProfileImageParams{File: upload{bytes.NewReader([]byte("text"))}})
		if refusedWith(t, err) != "400 request_body_invalid file" {
			t.Errorf("text: %v", err)
		}
		if _, err := users.DeleteProfileImage(t.Context(), nobody); refusedWith(t, err) != "404 resource_not_found" {
			t.Errorf("of nobody: %v", err)
		}
	})
}

func TestInstanceSettings(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		settings := instancesettings.NewClient(s.config())
		if err := settings.Update(t.Context(), &instancesettings.UpdateParams{TestMode: clerk.Bool(false)}); err != nil {
			t.Errorf("Update = %v", err)
		}
		if err := settings.Update(t.Context(), &instancesettings.UpdateParams{TestMode: clerk.Bool(true)}); refusedWith(t, err) != "422 form_param_value_invalid test_mode" {
			t.Errorf("Update to what is not offered: %v", err)
		}
	})
}
