// Package docs keeps the documentation true: its tests compile every example,
// compare the two languages, follow every link, and look up what the pages name. It
// has nothing but tests.
//
// A Go block that begins with a package clause is a whole file. Any other block is
// the inside of a function, with the variables of the prelude in code_test.go and
// the imports of its list; there, what is declared need not be used.
package docs
