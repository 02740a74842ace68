package throttle

import (
	"strconv"
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p := NewPace(60, 2)
	for i, x := range []struct {
		after time.Duration
		key   string
		want  bool
	}{
		{0, "a", true},
		{0, "a", true},
		{0, "a", false},
		{0, "b", true},
		{time.Second, "a", true},
		{time.Second, "a", false},
		{time.Hour, "a", true},
	} {
		if got := p.AllowAt(x.key, now.Add(x.after)); got != x.want {
			t.Errorf("request %d: %v, want %v", i, got, x.want)
		}
	}
	for i := range maxKeys + 10 {
		p.AllowAt(strconv.Itoa(i), now)
	}
	if n := len(p.keys); n > maxKeys {
		t.Errorf("%d keys are remembered", n)
	}
}

func TestWait(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p := NewPace(60, 2)
	for i, x := range []struct{ after, want time.Duration }{
		{0, 0},
		{0, 0},
		{0, time.Second},
		{0, time.Second}, // whoever is told to wait is not counted
		{500 * time.Millisecond, 500 * time.Millisecond},
		{time.Second, 0},
	} {
		if got := p.Wait("a", now.Add(x.after)); got != x.want {
			t.Errorf("request %d: wait %v, want %v", i, got, x.want)
		}
	}
}
