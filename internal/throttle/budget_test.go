package throttle

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestBudget(t *testing.T) {
	b := NewBudget(2, time.Minute)
	spend := func(key string, after, want time.Duration) {
		t.Helper()
		if got := b.Spend(key, noon.Add(after)); got != want {
			t.Errorf("%s after %v: wait %v, want %v", key, after, got, want)
		}
	}
	spend("a", 0, 0)
	spend("a", 30*time.Second, 0)
	spend("a", 40*time.Second, 20*time.Second)
	spend("b", 40*time.Second, 0)
	if got := b.Wait("a", noon.Add(50*time.Second)); got != 10*time.Second {
		t.Errorf("Wait = %v, want 10s", got)
	}
	b.Refund("a")
	b.Refund("nobody")
	if got := b.Wait("a", noon.Add(50*time.Second)); got != 0 {
		t.Errorf("Wait after a refund = %v, want 0", got)
	}
	spend("a", 50*time.Second, 0)
	spend("a", 50*time.Second, 10*time.Second)
	spend("a", time.Minute, 0)
}

func TestBudgetIsExactForConcurrentAttempts(t *testing.T) {
	b := NewBudget(10, time.Minute)
	var admitted atomic.Int32
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if b.Spend("a", noon) == 0 {
				admitted.Add(1)
			}
		})
	}
	all.Wait()
	if n := admitted.Load(); n != 10 {
		t.Errorf("%d attempts were admitted, want 10", n)
	}
}

func TestBudgetIsIdleWhenAllWindowsAreOver(t *testing.T) {
	b := NewBudget(1, time.Minute)
	idle := func(after time.Duration, want bool) {
		t.Helper()
		if got := b.Idle(noon.Add(after)); got != want {
			t.Errorf("idle after %v: %v, want %v", after, got, want)
		}
		if b.Idle(noon.Add(after)) && b.Wait("a", noon.Add(after)) > 0 {
			t.Errorf("idle after %v, and somebody has to wait", after)
		}
	}
	idle(0, true)
	b.Spend("a", noon)
	idle(0, false)
	b.Spend("b", noon.Add(30*time.Second))
	b.Spend("a", noon.Add(-time.Hour)) // a clock that is set back
	idle(time.Minute, false)
	idle(90*time.Second-1, false)
	idle(90*time.Second, true)
	b.Spend("a", noon.Add(2*time.Minute))
	idle(2*time.Minute, false)
}

func TestBudgetIsBounded(t *testing.T) {
	b := NewBudget(1, time.Minute)
	for i := range maxKeys {
		b.Spend(strconv.Itoa(i), noon)
	}
	b.Spend("late", noon.Add(2*time.Minute)) // makes room by what is over
	if n := len(b.keys); n != 1 {
		t.Errorf("%d keys are kept, want 1", n)
	}
	for i := range 3 * maxKeys {
		b.Spend(strconv.Itoa(i), noon)
	}
	if n := len(b.keys); n > maxKeys {
		t.Errorf("%d keys are kept, at most %d may be", n, maxKeys)
	}
}
