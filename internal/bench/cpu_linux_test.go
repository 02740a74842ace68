package bench

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	tests := []struct {
		text string
		want process
		ok   bool
	}{
		{"7 (name) S 3 7 7 0 -1 4194304 0 0 0 0 10 20 30 40 20 0 1", process{3, time.Second}, true},
		{"7 (a b) c) R 1 7 7 0 -1 4194304 0 0 0 0 1 0 0 0 20 0 1", process{1, 10 * time.Millisecond}, true},
		{"7 (name) S 3", process{}, false},
		{"", process{}, false},
		{"7 (name) S x 7 7 0 -1 4194304 0 0 0 0 10 20 30 40 20 0 1", process{}, false},
		{"7 (name) S 3 7 7 0 -1 4194304 0 0 0 0 10 x 30 40 20 0 1", process{}, false},
	}
	for _, tt := range tests {
		if got, ok := parseStat([]byte(tt.text)); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %v, %v, want %v, %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}
