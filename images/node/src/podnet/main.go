// Command podnet is the pod network of a self-built kind node: one instance a node, on the host's network.
//
// It does three things, again at every change of the nodes and after every restart of its own:
// it writes the CNI configuration for its node's pod range, keeps one route to each other node's
// pod range, and masquerades what leaves the pod network (and only that, so that pods see their
// client's own address).
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	conflist = "/etc/cni/net.d/10-podnet.conflist"
	table    = "podnet"

	servicesBound = 60 * time.Second
	servicesPause = 200 * time.Millisecond
)

type object = map[string]any

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	_, podNetwork, err := net.ParseCIDR(os.Getenv("POD_SUBNET"))
	if err != nil {
		return fmt.Errorf("POD_SUBNET: %w", err)
	}
	client, err := connect()
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 30*time.Second)
	nodes := factory.Core().V1().Nodes()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	if _, err := nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(any, any) { notify() },
		DeleteFunc: func(any) { notify() },
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		list, err := nodes.Lister().List(labels.Everything())
		if err != nil {
			return err
		}
		if err := apply(list, os.Getenv("NODE_NAME"), podNetwork); err != nil {
			return err
		}
	}
}

// connect talks to the control plane itself where its address is known: the Service's address
// would have to wait for kube-proxy.
func connect() (kubernetes.Interface, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, err
	}
	if endpoint := os.Getenv("CONTROL_PLANE_ENDPOINT"); endpoint != "" {
		config.Host = "https://" + endpoint
	}
	return kubernetes.NewForConfig(config)
}

func apply(nodes []*corev1.Node, self string, podNetwork *net.IPNet) error {
	for _, node := range nodes {
		if node.Spec.PodCIDR == "" {
			continue
		}
		_, pods, err := net.ParseCIDR(node.Spec.PodCIDR)
		if err != nil {
			return err
		}
		if node.Name == self {
			err = join(pods, podNetwork)
		} else {
			err = route(pods, internalIP(node))
		}
		if err != nil {
			return fmt.Errorf("node %s: %w", node.Name, err)
		}
	}
	return nil
}

// join lets this node's pods have addresses and, beyond the pod network, the node's own address.
func join(pods, podNetwork *net.IPNet) error {
	if err := masquerade(pods, podNetwork); err != nil {
		return fmt.Errorf("masquerade: %w", err)
	}
	content, err := json.MarshalIndent(object{
		"cniVersion": "0.4.0",
		"name":       "podnet",
		"plugins": []object{
			{
				"type": "ptp",
				"ipam": object{
					"type":    "host-local",
					"dataDir": "/run/cni-ipam-state",
					"routes":  []object{{"dst": "0.0.0.0/0"}},
					"ranges":  [][]object{{{"subnet": pods.String()}}},
				},
			},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}, "", "  ")
	if err != nil {
		return err
	}
	if present, err := os.ReadFile(conflist); err == nil && string(present) == string(content) {
		return nil
	}
	unfinished := filepath.Join(filepath.Dir(conflist), ".podnet")
	if err := os.WriteFile(unfinished, content, 0o644); err != nil {
		return err
	}
	awaitServices()
	log.Printf("pods of this node have %s", pods)
	return os.Rename(unfinished, conflist)
}

// awaitServices keeps pods out until kube-proxy has written its rules, or a bound has passed. A pod that asks the API's
// Service earlier sends its first packet out of the cluster, and waits half a minute for an answer that cannot come.
func awaitServices() {
	api := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	for deadline := time.Now().Add(servicesBound); time.Now().Before(deadline); time.Sleep(servicesPause) {
		connection, err := net.DialTimeout("tcp", api, servicesPause)
		if err == nil {
			connection.Close()
			return
		}
	}
	log.Printf("no Service answers at %s; pods start all the same", api)
}

func route(pods *net.IPNet, via net.IP) error {
	if via == nil {
		return nil // not registered yet: its update brings the address
	}
	return netlink.RouteReplace(&netlink.Route{Dst: pods, Gw: via})
}

func internalIP(node *corev1.Node) net.IP {
	for _, address := range node.Status.Addresses {
		if address.Type == corev1.NodeInternalIP {
			if ip := net.ParseIP(address.Address).To4(); ip != nil {
				return ip
			}
		}
	}
	return nil
}

// masquerade replaces the table in one transaction, so that no packet meets half of it:
// `ip saddr PODS ip daddr != PODNETWORK fib daddr type != local masquerade`.
func masquerade(pods, podNetwork *net.IPNet) error {
	connection, err := nftables.New()
	if err != nil {
		return err
	}
	own := &nftables.Table{Family: nftables.TableFamilyIPv4, Name: table}
	connection.AddTable(own)
	connection.DelTable(own)
	own = connection.AddTable(own)
	chain := connection.AddChain(&nftables.Chain{
		Name:     "postrouting",
		Table:    own,
		Type:     nftables.ChainTypeNAT,
		Hooknum:  nftables.ChainHookPostrouting,
		Priority: nftables.ChainPriorityNATSource,
	})
	match := append(within(12, pods, expr.CmpOpEq), within(16, podNetwork, expr.CmpOpNeq)...)
	const local = 2 // RTN_LOCAL, linux/rtnetlink.h
	match = append(match,
		&expr.Fib{Register: 1, FlagDADDR: true, ResultADDRTYPE: true},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(local)},
		&expr.Masq{},
	)
	connection.AddRule(&nftables.Rule{Table: own, Chain: chain, Exprs: match})
	return connection.Flush()
}

// within compares the address at offset of the IPv4 header (12: source, 16: destination) with a network.
func within(offset uint32, network *net.IPNet, op expr.CmpOp) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: 4},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: network.Mask, Xor: make([]byte, 4)},
		&expr.Cmp{Op: op, Register: 1, Data: network.IP.To4()},
	}
}
