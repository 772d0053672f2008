using System.Net;
using Firn.AspNetCore;
using Firn.Protocol;

namespace Firn.Tests.WebSockets;

public sealed class WaitingRoomTests
{
    private readonly WaitingRoom _room = new();

    [Fact]
    public void One_source_has_64_places_and_each_that_it_leaves_is_free_once()
    {
        var places = Enumerable.Range(0, 64).Select(_ => _room.TryEnter(Of(1))!).ToList();
        places.ShouldAllBe(place => place != null);
        _room.TryEnter(Of(1)).ShouldBeNull();
        _room.TryEnter(Of(2)).ShouldNotBeNull();

        places[0].Dispose();
        places[0].Dispose();

        _room.TryEnter(Of(1)).ShouldNotBeNull();
        _room.TryEnter(Of(1)).ShouldBeNull();
    }

    [Fact]
    public void All_sources_have_1024_places_together()
    {
        var places = Enumerable.Range(0, 1024).Select(i => _room.TryEnter(Of(1 + (i / 64)))!).ToList();
        places.ShouldAllBe(place => place != null);
        _room.TryEnter(Of(200)).ShouldBeNull();

        places[0].Dispose();

        _room.TryEnter(Of(200)).ShouldNotBeNull();
    }

    private static Source Of(int number) => Source.Of(new IPAddress([10, 0, 0, (byte)number]));
}
