// Package dashboard serves the pages on which operators run the instance. What they
// do is done by package admin, as for the Backend API and the command line; the
// pages are structs of package ui.
//
// Read Routes first: it is the list of all there is. Then gate.go, which decides who
// gets in: every page but one is for operators alone, who have signed in not long
// ago, and every form carries a token bound to browser and operator.
package dashboard
