package dashboard

import (
	"maps"
	"slices"
)

// OperatorRoutes are the patterns of all pages for operators.
func OperatorRoutes() []string {
	var patterns []string
	for _, pattern := range slices.Sorted(maps.Keys((&Dashboard{}).operatorRoutes())) {
		method, path, _ := cutPattern(pattern)
		patterns = append(patterns, method+" "+root+path)
	}
	return patterns
}
