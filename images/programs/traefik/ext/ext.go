// Package ext stands for the extension points Traefik keeps in a module of its own, which its
// released module replaces by a folder: two empty structs, as there.
package ext

// HTTP extends the dynamic HTTP configuration by nothing.
type HTTP struct{}

// DeepCopyInto copies nothing.
func (in *HTTP) DeepCopyInto(out *HTTP) { *out = *in }

// Router extends a router by nothing.
type Router struct{}

// DeepCopyInto copies nothing.
func (in *Router) DeepCopyInto(out *Router) { *out = *in }
