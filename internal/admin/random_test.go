package admin

import (
	"bytes"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTextIsUniform(t *testing.T) {
	// Every byte value once: the eight past the last multiple of 62 are dropped,
	// and each character comes up four times.
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(255 - i)
	}
	a := Admin{random: bytes.NewReader(append(all, all...))}
	got, err := a.text(248)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range base62 {
		if n := strings.Count(got, string(c)); n != 4 {
			t.Errorf("%c comes up %d times, want 4", c, n)
		}
	}
}

func TestTextFailsWithoutRandomness(t *testing.T) {
	a := Admin{random: strings.NewReader("")}
	if s, err := a.text(16); err == nil {
		t.Errorf("text = %q without randomness, want an error", s)
	}
	if s, err := a.id("oa_", time.Now()); err == nil {
		t.Errorf("id = %q without randomness, want an error", s)
	}
}

func TestIDs(t *testing.T) {
	a := Admin{random: rand.Reader}
	form := regexp.MustCompile(`^oa_[0-9A-Za-z]{27}$`)
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	earlier, err := a.id("oa_", now)
	if err != nil {
		t.Fatal(err)
	}
	later, err := a.id("oa_", now.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if !form.MatchString(earlier) || !isID("oa_", earlier) || earlier >= later {
		t.Errorf("ids %q and %q, want 27 characters of base62 in order of time", earlier, later)
	}
	for _, id := range []string{"", "oa_", earlier + "x", "user_" + earlier[3:], earlier[:29] + "\x00", earlier[:29] + "-"} {
		if isID("oa_", id) {
			t.Errorf("isID(%q) = true", id)
		}
	}
}
