// Keeps client-go informers on Services, Pods and EndpointSlices and prints what they see, one JSON object a line:
// first {"synced":true}, then every change. Ends when its standard input does. The feature gate WatchListClient
// (KUBE_FEATURE_WatchListClient) decides whether the first state comes by a list or within the watch; with -v=6 the
// requests are told on standard error.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

type change struct {
	Type            string            `json:"type,omitempty"`
	Resource        string            `json:"resource,omitempty"`
	Namespace       string            `json:"namespace,omitempty"`
	Name            string            `json:"name,omitempty"`
	ResourceVersion string            `json:"resourceVersion,omitempty"`
	Labels          map[string]string `json:"labels,omitempty"`
	Synced          bool              `json:"synced,omitempty"`
}

var output sync.Mutex

func print(line change) {
	output.Lock()
	defer output.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "client-go informer:", err)
	os.Exit(1)
}

func printer(resource string) cache.ResourceEventHandlerFuncs {
	tell := func(kind string, object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		accessor, err := meta.Accessor(object)
		if err != nil {
			fail(err)
		}
		print(change{
			Type:            kind,
			Resource:        resource,
			Namespace:       accessor.GetNamespace(),
			Name:            accessor.GetName(),
			ResourceVersion: accessor.GetResourceVersion(),
			Labels:          accessor.GetLabels(),
		})
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tell("added", object) },
		UpdateFunc: func(_, object any) { tell("updated", object) },
		DeleteFunc: func(object any) { tell("deleted", object) },
	}
}

// A client of two groups only: the whole clientset takes minutes to compile.
func clientFor(config *rest.Config, path string, version schema.GroupVersion) rest.Interface {
	types := runtime.NewScheme()
	metav1.AddToGroupVersion(types, schema.GroupVersion{Version: "v1"})
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, discoveryv1.AddToScheme} {
		if err := add(types); err != nil {
			fail(err)
		}
	}
	own := rest.CopyConfig(config)
	own.APIPath = path
	own.GroupVersion = &version
	own.NegotiatedSerializer = serializer.NewCodecFactory(types).WithoutConversion()
	client, err := rest.RESTClientFor(own)
	if err != nil {
		fail(err)
	}
	return client
}

func informerOf(client rest.Interface, resource string, object runtime.Object) cache.SharedInformer {
	source := cache.NewListWatchFromClient(client, resource, metav1.NamespaceAll, fields.Everything())
	return cache.NewSharedInformer(source, object, 0)
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "the kubeconfig to use")
	klog.InitFlags(nil)
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fail(err)
	}
	core := clientFor(config, "/api", corev1.SchemeGroupVersion)
	discovery := clientFor(config, "/apis", discoveryv1.SchemeGroupVersion)
	informers := map[string]cache.SharedInformer{
		"services":       informerOf(core, "services", &corev1.Service{}),
		"pods":           informerOf(core, "pods", &corev1.Pod{}),
		"endpointslices": informerOf(discovery, "endpointslices", &discoveryv1.EndpointSlice{}),
	}
	stop := make(chan struct{})
	for resource, informer := range informers {
		registration, err := informer.AddEventHandler(printer(resource))
		if err != nil {
			fail(err)
		}
		go informer.Run(stop)
		if !cache.WaitForCacheSync(stop, registration.HasSynced) {
			fail(fmt.Errorf("%s did not sync", resource))
		}
	}
	print(change{Synced: true})
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		fail(err)
	}
	close(stop)
}
