package telemetry

import (
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"time"
)

// buckets is how many there are for times: two for each doubling of a microsecond,
// up to somewhat above half a minute.
const buckets = 52

// bucketOf gives the bucket of a time.
func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	n := bits.Len64(us)
	if n < 2 {
		return n
	}
	return min(2*n-2+int(us>>(n-2)&1), buckets-1)
}

// bucketEnd is where a bucket ends, in microseconds; it is not in it.
func bucketEnd(b int) float64 {
	if b < 2 {
		return float64(b + 1)
	}
	octave, half := (b+2)/2, (b+2)%2
	return float64(uint64(1)<<(octave-1)) * (1 + float64(half+1)/2)
}

func bucketName(b int) string { return strconv.Itoa(b) }

// A Histogram says how many requests took how long.
type Histogram map[int]int64

// Note adds to the bucket of this name, as series have it; others are no buckets.
func (h Histogram) Note(bucket string, n int64) {
	if b, err := strconv.Atoi(bucket); err == nil && b >= 0 && b < buckets {
		h[b] += n
	}
}

// Add adds all of another one.
func (h Histogram) Add(other Histogram) {
	for b, n := range other {
		h[b] += n
	}
}

// Total is how many requests there were.
func (h Histogram) Total() int64 {
	total := int64(0)
	for _, n := range h {
		total += n
	}
	return total
}

// Quantile is the time below which the share q of all requests were answered,
// about: it lies in the right bucket. It is 0 if there were none.
func (h Histogram) Quantile(q float64) time.Duration {
	total := h.Total()
	if total == 0 {
		return 0
	}
	rank, seen := q*float64(total), 0.0
	for _, b := range slices.Sorted(maps.Keys(h)) {
		n := float64(h[b])
		if seen+n >= rank && n > 0 {
			begin := 0.0
			if b > 0 {
				begin = bucketEnd(b - 1)
			}
			us := begin + (bucketEnd(b)-begin)*max(rank-seen, 0)/n
			return time.Duration(us * float64(time.Microsecond))
		}
		seen += n
	}
	return time.Duration(bucketEnd(buckets-1)) * time.Microsecond
}
